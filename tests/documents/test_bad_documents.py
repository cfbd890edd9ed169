"""Input that is not what it should be, and outputs that cannot be written."""

import errno
import io
import os
import struct
import subprocess
import sys
import zlib
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image as Pillow
from saved_documents import MEMBERS, only, saved
from written_tiffs import tiff

from docclean import outputs
from docclean.documents import read_pages, write_pages
from docclean.documents.base import MAX_PIXELS
from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.page import Page

# --- input that is not what it should be ----------------------------------------------------------


def test_too_many_pixels_are_refused_before_decoding(tmp_path):
    path = tmp_path / "bomb.png"
    head = saved(Pillow.new("L", (1, 1)), "PNG")
    size = (40_000).to_bytes(4, "big") * 2
    ihdr = b"IHDR" + size + head[24:29]
    path.write_bytes(head[:12] + ihdr + zlib.crc32(ihdr).to_bytes(4, "big") + head[33:])
    assert MAX_PIXELS < 40_000**2
    with pytest.raises(UnreadableInputError, match=r"bomb\.png is too large: 40000 x 40000 px"):
        list(read_pages(path))


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.95])
def test_truncated(member, part, tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (90, 120), dtype=np.uint8)
    out = io.BytesIO()
    pages = [Page(noise, number=n + 1) for n in range(3 if member.multipage else 1)]
    write_pages(pages, out, suffix=member.suffixes[0])
    path = tmp_path / f"cut{member.suffixes[0]}"
    path.write_bytes(out.getvalue()[: int(len(out.getvalue()) * part)])
    with pytest.raises(UnreadableInputError, match=r"cut\.\w+ is .*; .* again"):
        list(read_pages(path))


@pytest.mark.parametrize("bits", [8, 12, 16, 32])
def test_a_tiff_of_fewer_strips_than_its_height_needs_is_not_all_there(bits):
    """The rest would be black; the fuzz of the readers found it."""
    data = bytearray(tiff(np.full((40, 50), 200, np.float32 if bits == 32 else np.uint16), bits))
    place = data.index(struct.pack("<HHLHH", 257, 3, 1, 40, 0))
    data[place + 8 : place + 10] = struct.pack("<H", 900)
    with pytest.raises(UnreadableInputError, match="page 1 is not all there; scan or copy it"):
        list(read_pages(bytes(data)))


@pytest.mark.parametrize("compression", ["group4", "tiff_adobe_deflate", "tiff_lzw"])
def test_damaged_tiff_data_is_told_once(compression, letters, capfd):
    """Libtiff writes on file descriptor 2 by itself; none of it may reach the user."""
    frame = Pillow.fromarray(letters)
    frame = frame.convert("1") if compression == "group4" else frame
    data = bytearray(saved(frame, "TIFF", compression=compression))
    with Pillow.open(io.BytesIO(data)) as image:
        start, length = image.tag_v2[273][0], image.tag_v2[279][0]
    data[start + 4 : start + length] = b"\xa5" * (length - 4)
    # a fax code has no checksum: wrong lines are read, as every reader does
    refused = pytest.raises(UnreadableInputError, match="damaged")
    with nullcontext() if compression == "group4" else refused:
        list(read_pages(bytes(data)))
    assert capfd.readouterr().err == ""


def test_a_lost_pdf_page_is_not_silent(make_pdf):
    with pytest.raises(UnreadableInputError, match="3 of its 5 pages"):
        list(read_pages(make_pdf().replace(b"/Count 3", b"/Count 5")))


def test_a_damaged_pdf_is_repaired(make_pdf, caplog):
    damaged = make_pdf().replace(b"startxref\n", b"startxref\n9")
    assert len(list(read_pages(damaged))) == 3
    assert "repaired" in caplog.text


def test_password(make_pdf):
    locked = make_pdf(password="secret")
    with pytest.raises(UnreadableInputError, match=r"protected.*--password"):
        list(read_pages(locked))
    with pytest.raises(UnreadableInputError, match="another password"):
        list(read_pages(locked, password="wrong"))
    pages = list(read_pages(locked, password="secret"))
    assert len(pages) == 3
    out = io.BytesIO()
    write_pages(pages, out, like=locked, password="secret")
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(out)
    assert len(list(read_pages(out.getvalue(), password="secret"))) == 3


def test_stream_and_bytes(png, letters):
    for source in (png.read_bytes(), io.BytesIO(png.read_bytes()), png, str(png)):
        assert (only(source).pixels == letters).all()
    with png.open("rb") as stream:
        assert only(stream).source == str(png)


# --- output ---------------------------------------------------------------------------------------


def test_an_existing_output_is_refused(png, letters):
    before = png.read_bytes()
    with pytest.raises(OutputError, match=r"good\.png exists already; add --overwrite"):
        write_pages([Page(letters)], png)
    assert png.read_bytes() == before
    write_pages([Page(letters)], png, overwrite=True)
    assert only(png).dpi is None


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "permission denied")]
)
def test_a_failing_disk_leaves_nothing(code, words, tmp_path, letters, monkeypatch):
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(outputs, "fsync", fail)
    with pytest.raises(OutputError, match=rf"out\.png cannot be written: .*{words}"):
        write_pages([Page(letters)], tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path, letters, png):
    for out, words in (
        (tmp_path / "missing" / "x.png", "folder does not exist"),
        (png / "x.png", "folder is a file"),
        (Path("/dev/null"), "suffix"),
    ):
        with pytest.raises((OutputError, UsageError), match=words):
            write_pages([Page(letters)], out)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_pages([Page(letters)], tmp_path / "folder.png")
    with pytest.raises(OutputError, match="not a regular file"):
        write_pages([Page(letters)], Path("/dev/null"), suffix=".png", overwrite=True)


def test_an_error_between_pages_leaves_nothing(tmp_path, letters):
    def pages():
        yield Page(letters)
        raise KeyboardInterrupt

    for name in ("x.pdf", "x.tif"):
        with pytest.raises(KeyboardInterrupt):
            write_pages(pages(), tmp_path / name)
    with pytest.raises(OutputError, match="no pages"):
        write_pages([], tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


def test_writing_to_a_link_replaces_what_it_points_to(tmp_path, png, letters):
    link = tmp_path / "link.png"
    link.symlink_to(png)
    write_pages([Page(255 - letters)], link, overwrite=True)
    assert link.is_symlink()
    assert (only(png).pixels == 255 - letters).all()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_huge_page_is_held_twice_at_most(tmp_path, suffix):
    """A 20,000 x 14,000 page is 280 MB; decoded and copied it stays under 2 such and a base."""
    path = tmp_path / f"huge{suffix}"
    write_pages([Page(np.full((14_000, 20_000), 230, np.uint8), (600.0, 600.0))], path)
    code = (
        "import resource, sys\n"
        "from docclean.documents import read_pages, write_pages\n"
        "write_pages(read_pages(sys.argv[1]), sys.argv[2], like=sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    out = tmp_path / f"out{suffix}"
    command = [sys.executable, "-c", code, str(path), str(out)]
    peak = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert peak < 2 * 280 + 150
