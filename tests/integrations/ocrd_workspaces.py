"""Workspaces of OCR-D, made and read for tests; OCR-D itself runs in processes of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from PIL import Image

CLEAN = ("-m", "docclean.integrations.ocrd", "-I", "OCR-D-IMG", "-O", "OCR-D-CLEAN")
OCRD = ("-c", "from ocrd.cli import cli; cli()")
MAKE = """
import mimetypes, os
from pathlib import Path
from ocrd import Resolver

folder = os.getcwd()
workspace = Resolver().workspace_from_nothing(folder)
workspace.mets.unique_identifier = "test"
os.chdir(folder)
for path in sorted(Path("OCR-D-IMG").iterdir()):
    workspace.add_file(
        "OCR-D-IMG",
        file_id=f"OCR-D-IMG_{path.stem}",
        page_id=f"PHYS_{path.stem}",
        mimetype=mimetypes.guess_type(path.name)[0],
        local_filename=str(path),
    )
workspace.save_mets()
"""

CROP_AND_BINARIZE = """
import os
from ocrd import Resolver
from ocrd_modelfactory import page_from_file
from ocrd_models.ocrd_page import AlternativeImageType, BorderType, CoordsType, to_xml

workspace = Resolver().workspace_from_url(os.path.abspath("mets.xml"))
for file in list(workspace.mets.find_files(fileGrp="OCR-D-IMG")):
    pcgts = page_from_file(file)
    page = pcgts.get_Page()
    page.set_Border(BorderType(Coords=CoordsType("20,20 400,20 400,200 20,200")))
    page.set_orientation(-2.5)
    image, coords, _ = workspace.image_from_page(page, file.pageId)
    name = file.ID.replace("IMG", "BIN")
    image = image.convert("1")
    path = workspace.save_image_file(image, name + "_IMG", "OCR-D-BIN", page_id=file.pageId)
    comments = coords["features"].strip(",") + ",binarized"
    page.add_AlternativeImage(AlternativeImageType(filename=path, comments=comments))
    pcgts.set_pcGtsId(name)
    kind = "application/vnd.prima.page+xml"
    path = f"OCR-D-BIN/{name}.xml"
    workspace.add_file("OCR-D-BIN", file_id=name, page_id=file.pageId, mimetype=kind,
                       local_filename=path, content=to_xml(pcgts))
workspace.save_mets()
"""


@dataclass(frozen=True)
class Derived:
    """An image of a page: what PAGE says of it and what its file holds."""

    comments: str
    image: Image.Image


@dataclass(frozen=True)
class Sheet:
    """A page as a file group has it."""

    size: tuple[int, int]
    original: Image.Image
    images: list[Derived]
    told: list[str]


def python(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in a workspace."""
    environment = {name: value for name, value in os.environ.items() if "OCRD" not in name}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


def make_workspace(folder: Path) -> None:
    """Make a workspace of the images in its folder OCR-D-IMG, one page each."""
    done = python(folder, "-c", MAKE)
    assert done.returncode == 0, done.stderr


def crop_and_binarize(folder: Path) -> None:
    """Crop, turn and binarize the pages, as a step before would have done, into OCR-D-BIN."""
    done = python(folder, "-c", CROP_AND_BINARIZE)
    assert done.returncode == 0, done.stderr


def sheets(folder: Path, group: str = "OCR-D-CLEAN") -> dict[str, Sheet]:
    """Return the pages of a file group by the last part of their names."""
    return {
        path.stem.split("_")[-1]: _sheet(folder, path) for path in (folder / group).glob("*.xml")
    }


def _sheet(folder: Path, path: Path) -> Sheet:
    root = etree.parse(str(path)).getroot()
    page = root.find("{*}Page")
    return Sheet(
        (int(page.get("imageWidth")), int(page.get("imageHeight"))),
        _image(folder / page.get("imageFilename")),
        [
            Derived(item.get("comments"), _image(folder / item.get("filename")))
            for item in page.iterfind("{*}AlternativeImage")
        ],
        [
            item.get("value")
            for item in root.iterfind("{*}Metadata/{*}MetadataItem")
            if item.get("name") == "docclean"
        ],
    )


def _image(path: Path) -> Image.Image:
    image = Image.open(path)
    image.load()
    return image
