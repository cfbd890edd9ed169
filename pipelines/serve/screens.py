"""Takes the pictures of the page that its README shows.

    docclean serve &
    python pipelines/serve/screens.py http://127.0.0.1:8765

They are WebPs beside this file: a desk, a phone, and a desk at night.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from playwright.sync_api import Page, sync_playwright

from docclean.documents import read_pages, write_pages

HERE = Path(__file__).parent
CASES = HERE.parents[1] / "tests/cases"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)


def documents(folder: Path) -> list[Path]:
    """Return documents to be dropped: a report of three pages, a photo, and one that is torn."""
    pages = ("stamp_and_signature", "photo_on_stained_page", "panels")
    found = [next(iter(read_pages(CASES / f"{name}.jpg"))) for name in pages]
    report, torn = folder / "report 1962.pdf", folder / "torn.pdf"
    write_pages(found, report)
    torn.write_bytes(report.read_bytes()[:4000])
    photo = shutil.copy2(CASES / "photo_on_stained_page.jpg", folder / "photo.jpg")
    return [report, Path(photo), torn]


def compared(page: Page, files: list[Path], name: str) -> None:
    """Drop documents and compare one, as far as its pictures are there."""
    page.set_default_timeout(180_000)
    page.set_input_files("#choose", files)
    page.get_by_role("button", name=f"Compare: {files[1].name}").wait_for()
    page.get_by_role("button", name=f"Compare: {name}").click()
    page.locator(".viewer .note b").wait_for()


def kept(page: Page, name: str, **how: Any) -> None:
    """Take a picture."""
    picture = Pillow.open(io.BytesIO(page.screenshot(**how))).convert("RGB")
    picture.save(HERE / f"{name}.webp", "WEBP", quality=72, method=6)
    print(f"{name}.webp: {picture.size}, {(HERE / f'{name}.webp').stat().st_size:,} bytes")


def main(url: str) -> None:
    """Take all three."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as player:
        files = documents(Path(folder))
        browser = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        desk = browser.new_page(viewport={"width": 1280, "height": 1000}, locale="en-GB")
        desk.goto(url)
        compared(desk, files, files[0].name)
        kept(desk, "desktop", full_page=True)
        night = browser.new_page(
            viewport={"width": 1280, "height": 1000}, locale="en-GB", color_scheme="dark"
        )
        night.goto(url)
        compared(night, files, files[1].name)
        night.get_by_role("button", name="Map").click()
        night.locator(".legend li").first.wait_for()
        kept(night, "dark", full_page=True)
        phone = browser.new_page(
            viewport={"width": 360, "height": 780}, device_scale_factor=2, has_touch=True,
            is_mobile=True, locale="de-DE",
        )  # fmt: skip
        phone.set_default_timeout(180_000)
        phone.goto(url)
        phone.set_input_files("#choose", files[1:])
        phone.get_by_role("button", name="Vergleichen: photo.jpg").click()
        phone.locator(".viewer .note b").wait_for()
        phone.mouse.move(0, 0)
        kept(phone, "phone", full_page=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8765")
