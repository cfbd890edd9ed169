"""The one loop on pictures: resumable, layer by layer, and what a run leaves."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from made_pictures import digits, recipe, write_cifar, write_mnist
from training_runs import assert_equal_weights, history

from docclean.cli import run as command
from docclean.corruptions.chain import check
from docclean.errors import OutputError, UsageError
from docclean.models import ARCHITECTURES
from docclean.models.checkpoint import load_network, load_tensors
from docclean.recipe import Recipe, Train
from docclean.training import loop
from docclean.training.export import export_checkpoint
from docclean.training.gallery.codes import tiled
from docclean.training.losses import image_loss
from docclean.training.table import train_all

CLASSICS = Path(__file__).parents[2] / "pipelines" / "recipes" / "classics"
TOML = """
[data]
source = "idx"
path = "{path}"
origin = "example.org/digits"
[corrupt]
only_named = true
clean_share = 0
[model]
name = "{name}"
widths = [16]
side = 28
latent = 2
overlap = false
[train]
loss = "bce"
epochs = 2
batch = 10
cer_pages = 0
reference = "told elsewhere"
"""


@pytest.fixture(scope="module")
def mnist(tmp_path_factory):
    return write_mnist(tmp_path_factory.mktemp("mnist"))


@pytest.fixture
def quiet(monkeypatch):
    """Runs that leave no pictures: drawing takes as long as learning here."""
    monkeypatch.setattr(loop, "leave_pictures", lambda *rest: None)
    monkeypatch.setattr("docclean.training.journal.write_curves", lambda *rest: None)


NETWORKS = {
    "dense": {},
    "variational": {"model__name": "variational", "model__latent": 2},
    "marginalized": {"model__name": "marginalized", "train__ema": 0.0},
    "normalised": {
        "model__name": "bottleneck",
        "model__widths": (4, 8),
        "model__latent": 4,
        "model__norm": True,
    },
    "dae": {"model__name": "dae", "model__widths": (4, 4, 4, 4)},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_run_on_pictures_resumes_to_the_step(quiet, mnist, tmp_path, clock, name):
    """A network that draws numbers as it learns, one that is solved, one that counts batches."""
    noisy = {"corrupt__members": {"salt_and_pepper": 1.0}}
    asked = recipe(mnist, train__loss="mse", **noisy, **NETWORKS[name])
    whole = loop.train(asked, tmp_path / "whole")
    halves = loop.train(asked, tmp_path / "halves", minutes=2.5)
    assert load_tensors(halves)[1]["step"] == 3
    loop.train(asked, tmp_path / "halves", resume=True)
    assert_equal_weights(whole, halves)
    last = history(whole)[-1]
    assert last["step"] == load_tensors(whole)[1]["step"] == 8
    assert 0 < last["mse"] == pytest.approx(last["validation"], rel=1e-5)
    assert last["psnr"] == pytest.approx(-10 * np.log10(last["mse"]))


def test_a_network_is_judged_on_the_pictures_own_pixels(quiet, mnist, tmp_path):
    """28 px are no multiple of the cleaner's stride of 16; what is added is not counted."""
    asked = recipe(mnist, train__loss="mse", data__invert=True, **NETWORKS["dae"])
    checkpoint = loop.train(asked, tmp_path / "run")
    network, _ = load_network(checkpoint)
    clean = 1 - torch.from_numpy(digits(40, 1)[0])[:, None].float() / 255
    with torch.no_grad():
        wide = torch.nn.functional.pad(clean, (0, 4, 0, 4), mode="replicate")
        page = network.logits(wide)[..., :28, :28].sigmoid()
    assert history(checkpoint)[-1]["mse"] == pytest.approx(float((page - clean).square().mean()))


def test_levels_are_trained_one_by_one_and_then_together(quiet, mnist, tmp_path):
    checkpoint = loop.train(recipe(mnist, train__layerwise=1), tmp_path / "run")
    first, second = (
        load_tensors(tmp_path / "run" / f"level-{level}" / loop.CHECKPOINT)[0] for level in (1, 2)
    )
    outer = "ema.encoder.0.weight"
    assert torch.equal(first[outer], second[outer])  # frozen while the second one learns
    assert "ema.encoder.1.weight" not in first
    assert not torch.equal(load_tensors(checkpoint)[0][outer], second[outer])
    started = replace(recipe(mnist).train, epochs=0, steps=1, learning_rate=0.0)
    again = loop.train(
        replace(recipe(mnist), train=started),
        tmp_path / "again",
        start_from=tmp_path / "run" / "level-2" / loop.CHECKPOINT,
    )
    assert torch.equal(
        load_tensors(again)[0]["net.encoder.1.weight"], second["ema.encoder.1.weight"]
    )


def test_only_dense_layers_are_trained_one_by_one(mnist, tmp_path):
    asked = recipe(mnist, train__layerwise=1, **NETWORKS["dae"])
    with pytest.raises(UsageError, match="layerwise is of dense"):
        loop.train(asked, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("name", "at"), [("bce", np.log(2)), ("mse", 0.25)])
def test_plain_losses_weigh_every_pixel_alike(name, at):
    clean = torch.ones(1, 1, 8, 8)
    clean[..., :4, :] = 0
    logits = torch.zeros_like(clean)
    assert float(image_loss(logits, clean, Train(loss=name), clean)) == pytest.approx(at)
    wrong = [30 * (2 * clean - 1) for _ in range(2)]
    for place, page in zip((0, 7), wrong, strict=True):
        page[..., place, place] *= -1
    one, other = (float(image_loss(page, clean, Train(loss=name), clean)) for page in wrong)
    assert one == pytest.approx(other) and one > 0.01


# --- what a run leaves ----------------------------------------------------------------------------


def test_a_run_leaves_its_codes_and_a_model_that_is_whole(mnist, tmp_path):
    asked = recipe(mnist, model__name="variational", model__latent=2)
    checkpoint = loop.train(asked, tmp_path / "run")
    left = {path.name for path in checkpoint.parent.iterdir()}
    assert left >= {"codes.png", "map.png", "samples.png", "walk.png", "loss.png", "events"}
    shapes = {
        name: cv2.imread(str(checkpoint.parent / name), cv2.IMREAD_GRAYSCALE).shape
        for name in ("codes.png", "samples.png", "walk.png")
    }
    assert shapes["samples.png"] == (8 * 28, 8 * 28) and shapes["walk.png"] == (15 * 28, 15 * 28)
    assert shapes["codes.png"] == (8 * 116, 3 * 116)
    map_ = cv2.imread(str(checkpoint.parent / "map.png"))
    assert len(np.unique(map_.reshape(-1, 3), axis=0)) > 30  # ten colours of points on white
    network, _ = load_network(checkpoint)
    picture = 1 - torch.from_numpy(digits(1)[0])[:, None].float() / 255
    with torch.no_grad():
        code = network.encode(picture)
        assert code.shape == (1, 2, 1, 1)
        assert torch.equal(network.decode(code).sigmoid(), network(picture))
    assert export_checkpoint(checkpoint, tmp_path / "model.onnx") <= 1


def test_a_code_is_laid_out_in_a_square():
    code = np.arange(5, dtype=np.uint8)[:, None, None]
    assert np.array_equal(tiled(code), [[0, 1, 2], [3, 4, 0]])
    maps = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    assert np.array_equal(tiled(maps), [[0, 1, 4, 5], [2, 3, 6, 7]])


def test_the_grid_and_the_curves_go_where_they_are_asked_for(mnist, tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text(TOML.format(path=mnist, name="dense"))
    grid, plot = tmp_path / "grid.png", tmp_path / "plot.png"
    asked = ["train", str(path), "-o", str(tmp_path / "run")]
    assert command([*asked, "--samples", "5", "--grid", str(grid), "--plot", str(plot)]) == 0
    assert cv2.imread(str(grid)).shape[:2] == (2 * 5 * 32, 2 * 3 * 32)
    assert cv2.imread(str(plot)).shape[0] > 300
    before = (tmp_path / "run" / "map.png").stat().st_mtime_ns
    grid.unlink()  # a finished run shows itself again
    assert command([*asked, "--resume", "--samples", "3", "--grid", str(grid)]) == 0
    assert cv2.imread(str(grid)).shape[0] == 2 * 3 * 32
    assert (tmp_path / "run" / "map.png").stat().st_mtime_ns >= before


def test_a_picture_that_cannot_be_written_is_told_before_the_work(mnist, tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text(TOML.format(path=mnist, name="dense"))
    asked = ["train", str(path), "-o", str(tmp_path / "run")]
    assert (
        command([*asked, "--grid", str(tmp_path / "none" / "grid.png")]) == OutputError.exit_status
    )
    assert "grid.png" in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_a_run_without_a_folder_goes_under_runs(mnist, tmp_path, monkeypatch, quiet, capsys):
    (tmp_path / "mine.toml").write_text(TOML.format(path=mnist, name="dense"))
    monkeypatch.chdir(tmp_path)
    assert command(["train", "mine.toml", "--quick"]) == 0
    assert (tmp_path / "runs" / "mine" / loop.CHECKPOINT).is_file()
    assert capsys.readouterr().out.strip() == "runs/mine"


# --- the table ------------------------------------------------------------------------------------


def test_a_table_tells_what_came_out_and_what_is_missing(mnist, tmp_path, capsys):
    folder, out = tmp_path / "recipes", tmp_path / "runs"
    folder.mkdir()
    (folder / "here.toml").write_text(TOML.format(path=mnist, name="dense"))
    (folder / "none.toml").write_text(TOML.format(path=tmp_path / "nowhere", name="dense"))
    assert command(["train", str(folder), "-o", str(out), "--table"]) == 4
    table = (out / "table.md").read_text("utf-8")
    told = capsys.readouterr()
    assert table in told.out and "example.org/digits" in told.err
    here, none = (
        next(line for line in table.splitlines() if line.startswith(f"| `{name}`"))
        for name in ("here", "none")
    )
    last = history(out / "here" / loop.CHECKPOINT)[-1]
    header = load_tensors(out / "here" / loop.CHECKPOINT)[1]
    assert f"| 2 of 2 | {28 * 28 * 16 * 2 + 16 + 784:,} | bce |" in here
    assert f"validation {last['validation']:.4f}" in here and "told elsewhere" in here
    time = f"{header['worked']:.0f}; {header['threads']}, {header['load']:.1f}"
    assert f"| {header['date']} | {header['seconds']:.0f} ({time}) |" in here
    assert "missing" in none and header["date"] in table and header["machine"] in table
    assert (out / "here" / "model.onnx").is_file()


def test_a_table_takes_no_pictures_of_one_run(tmp_path, capsys):
    asked = ["train", str(tmp_path), "-o", str(tmp_path / "runs"), "--table"]
    assert command([*asked, "--grid", str(tmp_path / "grid.png")]) == 1
    assert "--table takes" in capsys.readouterr().err and not (tmp_path / "runs").exists()


def test_a_table_takes_a_folder_of_recipes_and_goes_on(mnist, tmp_path, quiet):
    with pytest.raises(UsageError, match="has no recipes"):
        train_all(tmp_path, tmp_path / "runs", None, quick=True)
    (tmp_path / "one.toml").write_text(TOML.format(path=mnist, name="dense"))
    assert train_all(tmp_path, tmp_path / "runs", None, quick=True) == 0
    checkpoint = tmp_path / "runs" / "one" / loop.CHECKPOINT
    before = checkpoint.read_bytes()
    assert train_all(tmp_path, tmp_path / "runs", None, quick=True) == 0
    assert checkpoint.read_bytes() == before


@pytest.mark.parametrize("path", sorted(CLASSICS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_classics_are_whole_recipes(path):
    asked = Recipe.load(path)
    check(asked.corrupt)
    ARCHITECTURES[asked.model.name].build(asked.model)
    assert asked.train.reference and asked.corrupt.only_named and not asked.corrupt.clean_share
    assert asked.data.source == "pages" or asked.data.origin
    assert path.read_text("utf-8").startswith("# ")


@pytest.mark.slow
def test_all_classics_run_quickly(tmp_path, monkeypatch):
    """On drawn digits and discs in the places of the sets; every recipe leaves all it should."""
    write_mnist(tmp_path / "shared/data/mnist", 200)
    write_mnist(tmp_path / "shared/data/fashion-mnist", 200, labels=False)
    write_cifar(tmp_path / "shared/data/cifar10-jpeg/cifar10-jpeg.zip", 20)
    home = tmp_path / "project"
    home.mkdir()
    monkeypatch.chdir(home)
    assert train_all(CLASSICS, home / "runs", None, quick=True) == 0
    table = (home / "runs" / "table.md").read_text("utf-8")
    for path in CLASSICS.glob("*.toml"):
        run = home / "runs" / path.stem
        assert f"| `{path.stem}` |" in table and (run / "model.onnx").is_file()
        assert list(run.glob("grid-*.png")) and (run / "loss.png").is_file()
        coded = Recipe.load(path).model.name != "dae"
        assert (run / "codes.png").is_file() == (run / "map.png").is_file() == coded
