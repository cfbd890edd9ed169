"""Locked and signed PDFs, PDF/A, and the public odd ones."""

import errno
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pikepdf
import psutil
import pytest
from cleaned_pdfs import cleaned
from fakes import load_identity, load_inverter
from made_pdfs import pdf_of

from docclean.documents import as_source, read_pages
from docclean.jobs.document import process_file
from docclean.recipe import Options


def locked(data, **facts):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(**facts))
    return out.getvalue()


def result_of(data, tmp_path, **options):
    out = tmp_path / "protected.pdf"
    out.unlink(missing_ok=True)
    return process_file(as_source(data), out, load_inverter, Options(**options)), out


# --- protection -----------------------------------------------------------------------------------


def test_a_password_is_asked_for_with_status_8(scan, tmp_path):
    data = locked(pdf_of(scan), user="u", owner="o")
    result, out = result_of(data, tmp_path)
    assert result.exit_status == 8 and "--password" in result.message and not out.exists()
    result, out = result_of(data, tmp_path, password="u")
    assert result.status == "done", result.message
    with pikepdf.open(out, password="u") as pdf:
        assert pdf.is_encrypted


def test_an_owner_who_forbids_changes_is_obeyed(scan, tmp_path):
    never = pikepdf.Permissions(modify_other=False)
    data = locked(pdf_of(scan), user="", owner="o", allow=never)
    result, out = result_of(data, tmp_path)
    assert result.exit_status == 8 and "does not permit changes" in result.message
    assert not out.exists()
    result, out = result_of(data, tmp_path, password="o")
    assert result.status == "done", result.message
    with pikepdf.open(out) as pdf:
        assert not pdf.allow.modify_other


def test_a_signed_document_is_refused_unless_told_otherwise(scan, tmp_path):
    def sign(pdf):
        field = pikepdf.Dictionary(
            FT=pikepdf.Name.Sig, T=pikepdf.String("s"), V=pikepdf.Dictionary(Type=pikepdf.Name.Sig)
        )
        inner = pdf.make_indirect(
            pikepdf.Dictionary(Kids=pikepdf.Array([pdf.make_indirect(field)]))
        )
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([inner]))

    data = pdf_of(scan, edit=sign)
    result, _ = result_of(data, tmp_path)
    assert result.exit_status == 8 and "--allow-signed" in result.message
    assert result_of(data, tmp_path, allow_signed=True)[0].status == "done"


# --- PDF/A ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [1, 2])
def test_pdf_a_stays_pdf_a(part, scan, tmp_path):
    """Without an output intent device colours are forbidden: the new image's are calibrated."""

    def declare(pdf):
        with pdf.open_metadata() as meta:
            meta["pdfaid:part"] = str(part)
            meta["pdfaid:conformance"] = "B"

    out, _ = cleaned(pdf_of(scan, edit=declare), tmp_path, load_inverter)
    with pikepdf.open(io.BytesIO(out)) as pdf:
        with pdf.open_metadata() as meta:
            assert meta.pdfa_status == f"{part}B"
        space = pdf.pages[0].obj.Resources.XObject.Scan.ColorSpace
        assert "ICCBased" in repr(space)
        assert "/ID" in pdf.trailer
    assert (b"/ObjStm" in out) is False or part == 2
    (page,) = read_pages(out)
    assert np.abs(page.pixels.astype(int) - (255 - scan)).max() <= 2


PDFS = Path(__file__).parents[2] / "shared/data/pdf"


# --- the public odd ones --------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.skipif(not PDFS.is_dir(), reason=f"{PDFS} is absent")
@pytest.mark.parametrize("path", sorted(PDFS.glob("*.pdf")), ids=lambda path: path.stem)
def test_odd_pdfs_are_unchanged_by_a_cleaner_that_changes_nothing(path, tmp_path):
    out, outcomes = cleaned(path, tmp_path)
    (errors,) = ([one.error for one in outcomes if one.error],)
    assert bool(errors) == (path.stem == "hugemono")
    assert len(out) <= 1.01 * path.stat().st_size
    with pikepdf.open(io.BytesIO(out)) as after, pikepdf.open(path) as before:
        assert [list(p.mediabox) for p in after.pages] == [list(p.mediabox) for p in before.pages]
    if not errors:
        for one, two in zip(read_pages(path), read_pages(out), strict=True):
            assert np.array_equal(one.pixels, two.pixels)


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(scan, tmp_path):
    source, script = tmp_path / "in.pdf", tmp_path / "call.py"
    source.write_bytes(pdf_of(*(np.roll(scan, n, 0) for n in range(40))))
    script.write_text(
        "import sys\nfrom pathlib import Path\nimport fakes\n"
        "from docclean.jobs.document import process_file\nfrom docclean.recipe import Options\n"
        "if __name__ == '__main__':\n"
        "    process_file(Path(sys.argv[1]), Path(sys.argv[2]), fakes.Slow, Options(jobs=2))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, script, source, tmp_path / "out.pdf"]
    with subprocess.Popen(command, env=environment) as process:
        deadline = time.monotonic() + 30
        workers = []
        while len(workers) < 3 and time.monotonic() < deadline:  # two, and their tracker
            time.sleep(0.2)
            workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    gone, left = psutil.wait_procs(workers, timeout=15)
    assert len(gone) == 3 and not left


def test_a_full_disk_behind_a_stream_is_told(scan):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    result = process_file(as_source(pdf_of(scan)), Full(), load_identity)
    assert result.exit_status == 4 and "the disk is full" in result.message
