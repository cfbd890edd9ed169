"""The processor of OCR-D: real workspaces, the real command, OCR-D's own validator."""

import importlib
import json
import shutil
import subprocess
import sys
import time
import tomllib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from ocrd_workspaces import CLEAN, OCRD, crop_and_binarize, make_workspace, python, sheets
from PIL import Image

import docclean
from docclean.clean.network import shipped_models
from docclean.recipe.options import GATES, Options

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data/sample"
TOOL = Path(docclean.__file__).parent / "integrations/ocrd/ocrd-tool.json"
PART = (40, 80, 480, 300)
"""Left, top, right and bottom of a part that is cleaned in a second."""

needs_ocrd = pytest.mark.skipif(find_spec("ocrd") is None, reason="OCR-D is not installed")


def tinted(path: Path) -> Image.Image:
    """Return a page on slightly warm paper."""
    rgb = np.stack([np.asarray(Image.open(path).convert("L"))] * 3, -1)
    rgb[..., 2] -= np.minimum(rgb[..., 2], 8)
    return Image.fromarray(rgb)


@pytest.fixture(scope="module")
def two_pages(tmp_path_factory) -> Path:
    """A workspace of a dirty grey page of 300 dpi and a clean coloured one of 200 x 100 dpi."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "OCR-D-IMG").mkdir()
    dirty, clean = Image.open(SAMPLE / "noisy/00000.png"), tinted(SAMPLE / "clean/00000.png")
    dirty.crop(PART).save(folder / "OCR-D-IMG/0001.png", dpi=(300, 300))
    clean.crop(PART).save(folder / "OCR-D-IMG/0002.png", dpi=(200, 100))
    make_workspace(folder)
    return folder


@pytest.fixture
def workspace(two_pages, tmp_path) -> Path:
    """A copy of the two pages to do something with."""
    return shutil.copytree(two_pages, tmp_path / "ws")


@pytest.fixture(scope="module")
def cleaned(two_pages, tmp_path_factory) -> Path:
    """The two pages after the command."""
    folder = shutil.copytree(two_pages, tmp_path_factory.mktemp("cleaned") / "ws")
    done = python(folder, *CLEAN)
    assert done.returncode == 0, done.stderr
    return folder


def break_second(folder: Path) -> None:
    """Cut the second page's image in two."""
    path = folder / "OCR-D-IMG/0002.png"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


# --- what comes out ------------------------------------------------------------------------------


@needs_ocrd
def test_a_cleaned_workspace_is_valid(cleaned):
    told = python(cleaned, *OCRD, "workspace", "validate")
    assert told.returncode == 0, told.stdout
    assert told.stdout.split() == ["<report", 'valid="true">', "</report>"]


@needs_ocrd
def test_every_page_has_an_image_of_its_own_size_and_resolution(cleaned):
    pages = sheets(cleaned)
    assert sorted(pages) == ["0001", "0002"]
    for page, dpi in ((pages["0001"], (300, 300)), (pages["0002"], (200, 100))):
        (derived,) = page.images
        assert derived.comments == "despeckled"
        assert derived.image.size == page.original.size == page.size
        assert derived.image.mode == page.original.mode
        assert derived.image.info["dpi"] == pytest.approx(dpi, abs=0.02)


@needs_ocrd
def test_a_dirty_page_is_cleaned_and_a_clean_one_keeps_its_pixels(cleaned):
    dirty, clean = (sheets(cleaned)[name] for name in ("0001", "0002"))
    assert dirty.told[0].startswith("cleaned: ") and clean.told[0].startswith("kept: ")
    paper = [np.median(np.asarray(im)) for im in (dirty.original, dirty.images[0].image)]
    assert paper[0] < 250 <= paper[1]
    assert (np.asarray(clean.original) == np.asarray(clean.images[0].image)).all()


@needs_ocrd
def test_the_originals_are_not_touched(cleaned, two_pages):
    for path in (two_pages / "OCR-D-IMG").iterdir():
        assert (cleaned / "OCR-D-IMG" / path.name).read_bytes() == path.read_bytes()


@needs_ocrd
@pytest.mark.slow
def test_the_command_is_a_step_of_a_workflow(workspace, tmp_path):
    """`ocrd process` finds the command by its name and runs another step on what it made."""
    command = tmp_path / "ocrd-docclean-clean"
    code = "from docclean.integrations.ocrd import main"
    command.write_text(f"#!{sys.executable}\n{code}\nmain()\n")
    command.chmod(0o755)
    steps = ("docclean-clean -I OCR-D-IMG -O OCR-D-CLEAN -P dpi 250", "dummy -I OCR-D-CLEAN -O END")
    path = f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin"
    done = python(workspace, *OCRD, "process", *steps, PATH=path)
    assert done.returncode == 0, done.stderr
    for page in sheets(workspace, "END").values():
        assert page.images[0].image.info["dpi"] == pytest.approx((250, 250), abs=0.02)


@needs_ocrd
@pytest.mark.slow
def test_images_of_any_kind_keep_size_depth_and_profile(tmp_path):
    (tmp_path / "OCR-D-IMG").mkdir()
    grey, rgb = Image.open(SAMPLE / "noisy/00000.png"), tinted(SAMPLE / "noisy/00000.png")
    bits = grey.point(lambda value: 255 * (value > 128)).convert("1")
    wide = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    clear = rgb.convert("RGBA")
    clear.putalpha(128)
    profile = b"\0" * 16 + b"RGB " + b"\0" * 200
    out = {"bits": "1", "wide": "L", "clear": "RGB", "cmyk": "RGB", "rgb": "RGB", "few": "RGB"}
    bits.save(tmp_path / "OCR-D-IMG/bits.tif", compression="group4", dpi=(400, 400))
    wide.save(tmp_path / "OCR-D-IMG/wide.tif", dpi=(400, 400))
    clear.save(tmp_path / "OCR-D-IMG/clear.png", dpi=(400, 400))
    rgb.convert("CMYK").save(tmp_path / "OCR-D-IMG/cmyk.jpg", dpi=(400, 400))
    rgb.save(tmp_path / "OCR-D-IMG/rgb.png", icc_profile=profile, dpi=(400, 400))
    rgb.quantize(64).save(tmp_path / "OCR-D-IMG/few.png", dpi=(400, 400))
    make_workspace(tmp_path)
    done = python(tmp_path, *CLEAN)
    assert done.returncode == 0, done.stderr
    pages = sheets(tmp_path)
    assert {name: page.images[0].image.mode for name, page in pages.items()} == out
    for page in pages.values():
        assert page.images[0].image.size == page.size == grey.size
        assert page.images[0].image.info["dpi"] == pytest.approx((400, 400), abs=0.02)
    assert pages["rgb"].images[0].image.info["icc_profile"] == profile
    assert python(tmp_path, *OCRD, "workspace", "validate").returncode == 0


@needs_ocrd
@pytest.mark.slow
def test_borders_and_angles_hold_and_greys_come_before_a_binarized_image(workspace):
    crop_and_binarize(workspace)
    done = python(workspace, *CLEAN, "-I", "OCR-D-BIN")
    assert done.returncode == 0, done.stderr
    for page in sheets(workspace).values():
        binarized, derived = page.images
        assert binarized.comments == "cropped,deskewed,binarized"
        assert derived.comments == "cropped,deskewed,despeckled"
        assert derived.image.size == binarized.image.size != page.size
        assert len(np.unique(np.asarray(derived.image))) > 2
    dpi = sheets(workspace)["0001"].images[1].image.info["dpi"]
    assert dpi == pytest.approx((300, 300), abs=1)  # core rounds that of an image it turned down
    assert python(workspace, *OCRD, "workspace", "validate").returncode == 0


@needs_ocrd
@pytest.mark.slow
def test_page_workers_make_the_same_files(workspace, cleaned):
    socket = workspace / "mets.sock"
    server = (*OCRD, "workspace", "-U", socket.name, "server")
    with subprocess.Popen([sys.executable, *server, "start"], cwd=workspace) as process:
        try:
            while not socket.exists() and process.poll() is None:
                time.sleep(0.2)
            done = python(workspace, *CLEAN, "-U", socket.name, OCRD_MAX_PARALLEL_PAGES="2")
            assert python(workspace, *server, "save").returncode == 0
        finally:
            process.terminate()
    assert done.returncode == 0, done.stderr
    made = sorted(path.name for path in (cleaned / "OCR-D-CLEAN").iterdir())
    assert made == sorted(path.name for path in (workspace / "OCR-D-CLEAN").iterdir())
    for name in (name for name in made if name.endswith(".png")):
        first, second = (folder / "OCR-D-CLEAN" / name for folder in (cleaned, workspace))
        assert first.read_bytes() == second.read_bytes()
    assert python(workspace, *OCRD, "workspace", "validate").returncode == 0


# --- what goes wrong -----------------------------------------------------------------------------


@needs_ocrd
@pytest.mark.slow
def test_a_model_that_is_not_there_is_one_sentence(workspace):
    done = python(workspace, *CLEAN, "-P", "model", "smal")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "CRITICAL" in line and "there is no model 'smal' (did you mean 'small'?)" in line
    assert not (workspace / "OCR-D-CLEAN").exists()


@needs_ocrd
@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_file_that_is_no_model_stops_the_step_before_its_first_page(workspace, workers):
    arguments = ("-P", "model", "OCR-D-IMG/0001.png")
    done = python(workspace, *CLEAN, *arguments, OCRD_MAX_PARALLEL_PAGES=workers)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "0001.png: not a model of docclean" in line


@needs_ocrd
@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "status", "pages"), [("COPY", 0, 2), ("SKIP", 0, 1), ("ABORT", 1, 0)]
)
def test_a_broken_page_goes_the_way_that_core_promises(workspace, policy, status, pages):
    break_second(workspace)
    variables = {"OCRD_MISSING_OUTPUT": policy, "OCRD_MAX_MISSING_OUTPUTS": "-1"}
    done = python(workspace, *CLEAN, **variables)
    assert done.returncode == status, done.stderr
    assert "Failure on page PHYS_0002" in done.stderr
    mets = (workspace / "mets.xml").read_text("utf-8")
    assert [f'ID="OCR-D-CLEAN_000{n}"' in mets for n in (1, 2)] == [pages > 0, pages > 1]
    if policy == "COPY":  # the page goes on with the image it had
        path = workspace / "OCR-D-CLEAN/OCR-D-CLEAN_0002.xml"
        assert 'imageFilename="OCR-D-IMG/0002.png"' in path.read_text("utf-8")
        assert "AlternativeImage" not in path.read_text("utf-8")


# --- the description and the door ----------------------------------------------------------------


def test_the_description_says_what_docclean_has():
    tool = json.loads(TOOL.read_text("utf-8"))
    assert tool["version"] == docclean.__version__
    parameters = tool["tools"]["ocrd-docclean-clean"]["parameters"]
    assert parameters["gate"]["enum"] == list(GATES)
    usual = Options()
    for name in ("gate", "lang", "model"):
        assert parameters[name]["default"] == getattr(usual, name)
    for name in shipped_models():
        assert name in parameters["model"]["description"]
    assert parameters["level-of-operation"]["enum"] == ["page"]


@needs_ocrd
@pytest.mark.slow
def test_the_description_is_valid(tmp_path):
    told = python(tmp_path, *OCRD, "ocrd-tool", str(TOOL), "validate")
    assert (told.returncode, 'valid="true"' in told.stdout) == (0, True), told.stdout
    dumped = python(tmp_path, "-m", "docclean.integrations.ocrd", "--dump-json")
    described = json.loads(TOOL.read_text("utf-8"))["tools"]["ocrd-docclean-clean"]
    assert json.loads(dumped.stdout)["parameters"].keys() == described["parameters"].keys()


def test_the_command_is_the_package():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    module, _, name = scripts["ocrd-docclean-clean"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_without_ocrd_the_rest_goes_and_the_command_says_what_is_missing(tmp_path):
    code = (
        "import sys; sys.modules['ocrd'] = None; import docclean.integrations; "
        "from docclean.integrations.ocrd import main; main()"
    )
    done = python(tmp_path, "-c", code)
    assert done.returncode == 3
    assert done.stderr == "OCR-D is not installed: pip install 'docclean[ocrd]'\n"
