"""Files of several pictures are documents of several pages, and those that are not read say so."""

import io
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms
from saved_documents import HAS_HEIC, only, saved

from docclean.documents import page_count, read_pages, write_pages
from docclean.documents.images import MOST_FRAMES
from docclean.errors import MissingProgramError, OutputError, UnreadableInputError

CASES = Path(__file__).parent / "cases"
ANIMATED = {
    "png": {},
    "gif": {},
    "webp": {"lossless": True},
    "avif": {"quality": 100, "subsampling": "4:4:4"},
    "tiff": {},
}


def frames(letters, count: int = 3):
    return [np.roll(letters, 20 * number, 1) for number in range(count)]


def animation(pictures, kind: str) -> bytes:
    first, *rest = map(Pillow.fromarray, pictures)
    return saved(first, kind.upper(), save_all=True, append_images=rest, **ANIMATED[kind])


@pytest.mark.parametrize("kind", ANIMATED)
def test_every_picture_is_a_page(kind, letters):
    data = animation(frames(letters), kind)
    pages = list(read_pages(data))
    assert [page.number for page in pages] == [1, 2, 3]
    for page, picture in zip(pages, frames(letters), strict=True):
        assert page.pixels.shape == picture.shape
        assert np.abs(page.pixels.astype(int) - picture).max() <= 4
    (last,) = read_pages(data, pages={3})
    assert (last.number, last.pixels.tolist()) == (3, pages[2].pixels.tolist())


@pytest.mark.parametrize("suffix", [".webp", ".png", ".gif"])
def test_a_format_of_one_picture_refuses_several(suffix, tmp_path):
    found = list(read_pages(CASES / "two_frames.webp"))
    assert len(found) == page_count(CASES / "two_frames.webp") == 2
    with pytest.raises(OutputError, match=r"one page and the document has several; choose .pdf"):
        write_pages(found, tmp_path / f"out{suffix}")
    assert list(tmp_path.iterdir()) == []
    write_pages(found, tmp_path / "out.pdf")
    back = list(read_pages(tmp_path / "out.pdf"))
    assert [one.pixels.shape for one in back] == [one.pixels.shape for one in found]


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_pictures_of_a_pnm_one_behind_the_other(mode, letters):
    each = [saved(Pillow.fromarray(one).convert(mode), "PPM") for one in frames(letters)]
    pages = list(read_pages(b"".join(each)))
    assert [page.number for page in pages] == [1, 2, 3]
    for page, alone in zip(pages, each, strict=True):
        assert np.array_equal(page.pixels, only(alone).pixels)
    assert len(list(read_pages(each[0] + b"\n"))) == 1


def test_a_file_that_claims_billions_of_pictures_is_refused(letters):
    data = bytearray(animation(frames(letters), "png"))
    place = data.index(b"acTL") + 4
    data[place : place + 4] = (MOST_FRAMES + 1).to_bytes(4, "big")
    with pytest.raises(UnreadableInputError, match=r"save them apart|damaged"):
        list(read_pages(bytes(data)))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("huge_canvas.webp", "no webp file has a side of 8323136 px"),
        ("tall_canvas.webp", "no webp file has a side of 1048624 px"),
        ("huge_second_picture.gif", "too large: 43156 x 51219 px"),
        ("huge_height.j2k", "64 x 2097200 px cannot be in 456 bytes"),
    ],
)
@pytest.mark.parametrize("pages", [None, {2}])
def test_a_huge_canvas_in_a_small_file_is_refused_at_once(name, told, pages):
    """They took up to 21 GB; the fuzz of the readers found them."""
    if pages and not name.endswith(".gif"):
        pytest.skip("one picture")
    with pytest.raises(UnreadableInputError, match=told):
        list(read_pages(CASES / name, pages=pages))


def test_lab_is_read_as_colour():
    rgb = Pillow.new("RGB", (8, 6), (200, 40, 30))
    lab = ImageCms.profileToProfile(
        rgb, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    found = only(saved(lab, "TIFF")).pixels
    assert np.abs(found[0, 0].astype(int) - (200, 40, 30)).max() <= 3


@pytest.mark.skipif(not HAS_HEIC, reason="pillow-heif is not installed")
def test_heic(letters):
    import pillow_heif

    pillow_heif.register_heif_opener()
    colour = np.stack([letters, letters, letters[::-1]], -1)
    data = saved(Pillow.fromarray(colour), "HEIF", quality=95, chroma=444)
    assert np.abs(only(data).pixels.astype(int) - colour).mean() < 3


def test_heic_without_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
    with pytest.raises(MissingProgramError, match=r"HEIC photograph.*docclean\[heic\]"):
        list(read_pages(head))


def test_djvu_says_what_to_do():
    with pytest.raises(UnreadableInputError, match=r"DjVu file.*ddjvu -format=pdf"):
        list(read_pages(b"AT&TFORM\0\0\1\0DJVMDIRM" + bytes(50)))


def test_an_avif_and_an_animation_keep_their_suffix(tmp_path, letters):
    out = io.BytesIO()
    write_pages(read_pages(animation(frames(letters, 1), "avif")), out, suffix=".avif")
    assert out.getvalue()[4:12] == b"ftypavif"
    shutil.copy(CASES / "two_frames.webp", tmp_path / "renamed.png")
    assert page_count(tmp_path / "renamed.png") == 2
