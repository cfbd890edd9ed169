"""Pictures from files: read as they are, each once an epoch, dirtied as the recipe says."""

import gzip
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from made_pictures import COUNT, digits, idx, recipe, write_cifar, write_mnist

from docclean.errors import UnreadableInputError, UsageError
from docclean.recipe import Recipe
from docclean.training.blocks import batches
from docclean.training.parallel import Team
from docclean.training.sources import SOURCES
from docclean.training.sources.pictures import STEPS, PictureSource

CPU = torch.device("cpu")
NOISE = {"corrupt__members": {"gaussian_noise": 1.0}}
LIGHT = NOISE | {"corrupt__ranges": {"gaussian_noise": {"mean": (0.5, 0.5), "deviation": (0, 0)}}}


@pytest.fixture(scope="module")
def mnist(tmp_path_factory):
    return write_mnist(tmp_path_factory.mktemp("mnist"))


@pytest.fixture(scope="module")
def cifar(tmp_path_factory):
    return write_cifar(tmp_path_factory.mktemp("cifar") / "set.zip")


def opened(asked: Recipe) -> PictureSource:
    source = SOURCES[asked.data.source](asked)
    assert isinstance(source, PictureSource)
    return source


# --- idx ------------------------------------------------------------------------------------------


def test_idx_files_are_read_as_they_are_gzipped_or_not(mnist, tmp_path):
    images, classes = digits(COUNT, 1)
    source = opened(recipe(mnist))
    assert source.classes == tuple(classes)
    dirty, clean, _ = source.validation(tmp_path)[0]
    assert torch.equal(dirty, clean) and np.array_equal(clean[:, 0].numpy(), images)
    plain = tmp_path / "plain"
    plain.mkdir()
    for path in mnist.iterdir():
        (plain / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    assert torch.equal(opened(recipe(plain)).validation(tmp_path)[0][1], clean)


def test_without_labels_there_are_no_classes(tmp_path):
    source = opened(recipe(write_mnist(tmp_path / "set", labels=False)))
    assert source.classes == () and len(source.validation(tmp_path).shown) == 8


def test_a_grid_shows_one_of_each_class(mnist, tmp_path):
    source = opened(recipe(mnist))
    assert [source.classes[at] for at in source.validation(tmp_path).shown] == list(range(10))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("train-images-idx3-ubyte.gz", b"", "cannot be read|no whole idx"),
        ("train-images-idx3-ubyte.gz", b"\x1f\x8bjunk", "cannot be read"),
        ("train-images-idx3-ubyte.gz", gzip.compress(idx(digits(3)[0])[:-1]), "no whole idx file"),
        ("train-images-idx3-ubyte.gz", gzip.compress(idx(digits(3)[1])), "no whole idx file"),
        ("train-labels-idx1-ubyte.gz", gzip.compress(idx(digits(3)[1])), "3 labels for 40"),
    ],
    ids=["empty", "junk", "short", "labels", "few labels"],
)
def test_a_damaged_idx_file_is_named(mnist, tmp_path, name, content, told):
    folder = tmp_path / "damaged"
    shutil.copytree(mnist, folder)
    (folder / name).write_bytes(content)
    with pytest.raises(UnreadableInputError, match=told) as caught:
        opened(recipe(folder))
    assert str(folder / name) in str(caught.value)


def test_missing_data_says_where_it_is_had(tmp_path):
    asked = recipe(tmp_path / "none", data__source="idx", data__origin="example.org/set")
    with pytest.raises(UnreadableInputError, match=r"none: .*missing; it is had from example\.org"):
        opened(asked)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableInputError, match="has no train-images-idx3-ubyte"):
        opened(recipe(tmp_path / "empty"))


# --- image files ----------------------------------------------------------------------------------


def test_a_folder_and_a_zip_of_it_are_the_same(cifar, tmp_path):
    with zipfile.ZipFile(cifar) as held:
        held.extractall(tmp_path / "folder")
    both = [
        opened(recipe(path, data__source="images")).validation(tmp_path)[0]
        for path in (cifar, tmp_path / "folder")
    ]
    assert torch.equal(both[0][1], both[1][1]) and both[0][1].shape == (40, 1, 32, 32)


def test_colours_become_their_mean_stretched_over_the_set(cifar, tmp_path):
    from PIL import Image as Pillow

    source = opened(recipe(cifar))
    clean = source.validation(tmp_path)[0][1][:, 0].numpy()
    with zipfile.ZipFile(cifar) as held, held.open("test/kind1/0000.jpg") as file:
        grey = np.rint(np.asarray(Pillow.open(file), float).mean(2))
    assert clean.min() == 0 and clean.max() == 255
    first = clean[source.classes.index(1)].astype(float)
    slope, shift = np.polyfit(grey.ravel(), first.ravel(), 1)
    assert np.abs(slope * grey + shift - first).max() < 1 and slope >= 1


def test_a_limit_takes_of_all_classes(cifar, tmp_path):
    source = opened(recipe(cifar, data__limit=20))
    assert sorted(source.classes) == sorted(list(range(10)) * 2)
    assert source.images == 20


def test_what_is_no_set_of_pictures_is_named(cifar, tmp_path):
    junk = tmp_path / "junk.zip"
    junk.write_bytes(b"junk")
    with pytest.raises(UnreadableInputError, match=r"junk\.zip"):
        opened(recipe(junk))
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as held:
        held.writestr("train/a/1.png", b"no picture")
    with pytest.raises(UnreadableInputError, match=r"bad\.zip: train/a/1\.png: is no whole pict"):
        opened(recipe(tmp_path / "bad.zip"))
    with zipfile.ZipFile(tmp_path / "bare.zip", "w") as held:
        held.writestr("readme.txt", b"nothing")
    with pytest.raises(UnreadableInputError, match="no pictures under train/"):
        opened(recipe(tmp_path / "bare.zip"))


# --- the stream -----------------------------------------------------------------------------------


def test_an_epoch_holds_every_picture_once_and_the_next_is_shuffled_anew(mnist, tmp_path):
    source = opened(recipe(mnist))
    assert source.recipe.train.steps == 2 * COUNT // 10
    blocks = source.learning(tmp_path, Team.join())
    seen = [clean for _, clean in batches(blocks, 0, source.recipe, CPU)]
    assert len(seen) >= 8 and all(one.shape == (10, 1, 28, 28) for one in seen)

    def sorted_rows(parts: list[torch.Tensor]) -> list[bytes]:
        return sorted(row.numpy().tobytes() for row in torch.cat(parts))

    assert sorted_rows(seen[:4]) == sorted_rows(seen[4:8])
    assert not torch.equal(torch.cat(seen[:4]), torch.cat(seen[4:8]))
    whole = torch.from_numpy(digits(COUNT)[0])[:, None].float() / 255
    assert sorted_rows(seen[:4]) == sorted_rows([whole])


def test_a_stream_goes_on_where_it_was_left(mnist, tmp_path):
    source = opened(recipe(mnist, train__epochs=6, **NOISE))
    blocks = source.learning(tmp_path, Team.join())
    whole = list(batches(blocks, 0, source.recipe, CPU))
    rest = list(batches(blocks, STEPS + 1, source.recipe, CPU))
    for one, other in zip(whole[STEPS + 1 :], rest, strict=True):
        assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])
    assert not torch.equal(whole[0][0], whole[0][1])


def test_pictures_are_turned_after_their_noise(mnist, tmp_path):
    """Noise of mean 0.5 lightens the black ground; turned over, the paper is darkened."""
    plain, turned = (
        opened(recipe(mnist, data__invert=invert, **LIGHT)).validation(tmp_path)[0]
        for invert in (False, True)
    )
    assert torch.equal(turned[0], 255 - plain[0]) and torch.equal(turned[1], 255 - plain[1])
    ground = plain[1] == 0
    assert (plain[0][ground].float() - 127.5).abs().max() <= 1
    assert (plain[0][plain[1] == 255] == 255).all()


def test_salt_and_pepper_strike_the_share_they_are_told(mnist, tmp_path):
    ranges = {"salt_and_pepper": {"share": (0.2, 0.2), "salt": (0.5, 0.5)}}
    members = {"salt_and_pepper": 1.0}
    source = opened(recipe(mnist, corrupt__members=members, corrupt__ranges=ranges))
    dirty, clean, _ = source.validation(tmp_path)[0]
    ground = clean == 0
    assert float((dirty[ground] == 255).float().mean()) == pytest.approx(0.1, abs=0.02)
    left = opened(recipe(mnist, corrupt__members=members, corrupt__clean_share=1.0))
    assert torch.equal(*left.validation(tmp_path)[0][:2])


def test_with_a_scale_the_dirty_side_is_averaged(cifar, tmp_path):
    source = opened(recipe(cifar, model__name="conv", model__scale=2))
    dirty, clean, _ = source.validation(tmp_path)[0]
    assert dirty.shape == (40, 1, 16, 16) and clean.shape == (40, 1, 32, 32)
    averaged = torch.nn.functional.avg_pool2d(clean.float(), 2)
    assert (dirty.float() - averaged).abs().max() <= 1


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"train__recogniser": "some.safetensors"}, "are of pages"),
        ({"data__path": ""}, "must say where"),
        ({"model__name": "conv", "model__scale": 3}, "scale 3"),
    ],
    ids=str,
)
def test_what_pictures_cannot_be_is_told(mnist, more, told):
    with pytest.raises((UsageError, UnreadableInputError), match=told):
        opened(recipe(mnist, data__source="idx", **more) if more else recipe(mnist))


def test_pages_have_no_epochs():
    asked = Recipe()
    with pytest.raises(UsageError, match="pages never end"):
        SOURCES["pages"](replace(asked, train=replace(asked.train, epochs=3)))


def test_an_unknown_source_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'images'"):
        SOURCES["image"]
