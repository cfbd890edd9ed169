"""The page in a browser: dropped on, followed, compared, kept, downloaded; for everyone."""

import base64
import io
import re
import zipfile

import pikepdf
import pytest
from browsing import BROWSER
from dirty_scan import dirty
from served import Served, scan

from docclean.documents import read_pages
from docclean.service.door.house import PAGE
from docclean.service.floor.looking import picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no browser is installed"),
]
EVIL = "<img src=x onerror=document.title='broken'><b>.pdf"
DROP = """(files) => {
  const carried = new DataTransfer();
  for (const [name, type, data] of files) {
    const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type }));
  }
  for (const kind of ["dragover", "drop"])
    document.getElementById("drop").dispatchEvent(
      new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}"""


@pytest.fixture
def visit(browser, served):
    """Return a function that opens the page; afterwards nothing may have gone wrong."""
    contexts, wrong = [], []

    def open_page(width=1280, height=900, scheme="light", locale="en-GB", url=None, **how):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale, **how
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append("a dialog opened") or dialog.dismiss())
        page.on(
            "console",
            lambda message: None if "401" in message.text else wrong.append(message.text),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((url or served.url, "blob:"))
                else wrong.append(request.url)
            ),
        )
        page.goto(url or served.url)
        page.locator("#kept").filter(has_text="30").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def drop(page, *files: tuple[str, str, bytes]) -> None:
    """Drop files on the page."""
    page.evaluate(
        DROP, [(name, type_, base64.b64encode(data).decode()) for name, type_, data in files]
    )


def card(page, name: str):
    """Return the card of a document."""
    return page.locator("li.file").filter(has=page.get_by_role("heading", name=name, exact=True))


def button(page, does: str, name: str):
    """Return a button of a document."""
    return page.get_by_role("button", name=f"{does}: {name}", exact=True)


def test_drop_watch_slide_zoom_keep_download(visit):
    page = visit()
    page.evaluate(
        "() => { window.seen = new Set(); new MutationObserver(() => document"
        ".querySelectorAll('.about p').forEach((one) => seen.add(one.textContent)))"
        ".observe(document.getElementById('files'), {subtree: true, childList: true}); }"
    )
    book, photo = scan(".pdf", 3, 60), scan(".jpg")
    files = ("book.pdf", "application/pdf", book), ("photo.jpg", "image/jpeg", photo)
    drop(page, *files, ("torn.pdf", "application/pdf", b"%PDF-1.7\nnothing"))
    button(page, "Compare", "photo.jpg").wait_for()
    button(page, "Compare", "book.pdf").wait_for()
    seen = page.evaluate("() => [...window.seen]")
    assert any(one.startswith("Page ") and one.endswith(" of 3") for one in seen), seen
    torn = card(page, "torn.pdf").locator(".why")
    torn.wait_for()
    assert torn.text_content() == "The file is damaged or not all there. Scan or copy it again."
    assert card(page, "book.pdf").locator("p").first.text_content() == "3 pages: 3 cleaned"
    _compared(page, book)
    _kept(page)
    with page.expect_download() as one:
        button(page, "Download", "book.pdf").click()
    assert one.value.suggested_filename == "book.pdf"
    assert len(list(read_pages(one.value.path()))) == 3
    with page.expect_download() as all_:
        page.get_by_role("button", name="Download all (ZIP)").click()
    with zipfile.ZipFile(all_.value.path()) as packed:
        assert sorted(packed.namelist()) == ["book.pdf", "photo.jpg"]


def _compared(page, book: bytes) -> None:
    """Slide, zoom, look at the map, turn the page."""
    button(page, "Compare", "book.pdf").click()
    note = page.locator(".viewer .note").first
    note.filter(has_text="Cleaned: the paper was uneven").wait_for()
    cut = "(element) => parseFloat(element.style.clipPath.split(' ').at(-1))"
    after, slider = page.locator(".sheet img").nth(1), page.get_by_role("slider")
    before = after.evaluate(cut)
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    assert after.evaluate(cut) < before
    box = page.locator(".frame").bounding_box()
    page.mouse.move(*_middle(page.locator(".divider").bounding_box()))
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 40)
    page.mouse.up()
    assert slider.input_value() == "90"
    width = next(iter(read_pages(book))).width
    assert after.evaluate("(element) => element.naturalWidth") == width
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    shown = page.locator(".sheet").bounding_box()["width"]
    assert shown > box["width"] and page.locator(".stage").evaluate(
        "(one) => one.scrollWidth > one.clientWidth"
    )
    page.get_by_role("button", name="Fit", exact=True).click()
    assert page.locator(".sheet").bounding_box()["width"] <= box["width"]
    page.get_by_role("button", name="Map").click()
    page.locator(".legend li").filter(has_text="text").wait_for()
    assert page.locator(".sheet .map").is_visible()
    page.get_by_role("button", name="Next page").click()
    page.locator(".tools output").first.filter(has_text="2 of 3").wait_for()
    note.filter(has_text="Cleaned").wait_for()


def _middle(box) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _kept(page) -> None:
    """Keep the second page as it was."""
    keep = page.get_by_role("button", name="Keep it as it was")
    keep.click()
    page.locator(".viewer .note").first.filter(has_text="as you asked").wait_for()
    assert keep.get_attribute("aria-pressed") == "true"
    told = card(page, "book.pdf").locator("p").first.text_content()
    assert told == "3 pages: 2 cleaned, 1 left as it was"


def test_a_reload_mid_way_loses_nothing(visit):
    page = visit()
    drop(page, ("book.pdf", "application/pdf", scan(".pdf", 4, 60)))
    card(page, "book.pdf").filter(has_text="of 4").wait_for()
    page.reload()
    button(page, "Compare", "book.pdf").wait_for()
    button(page, "Remove", "book.pdf").click()
    page.reload()
    page.locator("#kept").filter(has_text="30").wait_for()
    assert page.locator("li.file").count() == 0


def test_names_and_titles_are_only_words(visit):
    made = io.BytesIO(scan(".pdf"))
    with pikepdf.open(made) as pdf:
        pdf.docinfo["/Title"] = EVIL
        out = io.BytesIO()
        pdf.save(out)
    page = visit()
    drop(page, (EVIL, "application/pdf", out.getvalue()), (EVIL, "application/pdf", b"%PDF-1.7"))
    page.get_by_role("button", name="Compare").wait_for()
    page.locator(".why").wait_for()
    page.get_by_role("button", name="Compare").click()
    page.locator(".viewer .note").filter(has_text="Cleaned").wait_for()
    assert page.title() == "docclean"
    assert page.locator(".file b img, .about b, .about img").count() == 0


def test_what_is_read_is_compared(visit):
    page = visit()
    page.get_by_label("Searchable").check()
    page.get_by_label("Language").select_option("eng")
    page.get_by_label("Straighten").check()
    drop(page, ("letter.png", "image/png", scan(size=34)))
    button(page, "Compare", "letter.png").click()
    page.locator(".note").filter(has_text="words read before").wait_for()
    assert page.locator(".words.gained li").count() > 0
    with page.expect_download() as one:
        button(page, "Download", "letter.png").click()
    assert one.value.suggested_filename == "letter.pdf"
    assert pikepdf.open(one.value.path()).pages[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_everyone_can_use_it(visit, scheme, width, locale):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(width=width, scheme=scheme, locale=locale, has_touch=width < 500)
    faults = _faults(axe, page)
    drop(page, ("a.png", "image/png", scan()), ("torn.pdf", "application/pdf", b"%PDF-1.7"))
    page.locator(".why").wait_for()
    compare = page.get_by_role("button", name=": a.png").first
    compare.filter(has_text="Vergleichen" if locale == "de-DE" else "Compare").wait_for()
    faults += _faults(axe, page)
    compare.click()
    page.locator(".viewer .note b").wait_for()
    page.locator("[aria-pressed]").first.click()
    page.locator(".legend li").first.wait_for()
    faults += _faults(axe, page)
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.lang") == locale[:2]


def _faults(axe, page) -> list[str]:
    found = axe.run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:90]}" for one in found for node in one["nodes"]]


def test_everything_is_reached_by_keyboard(visit):
    page = visit()
    drop(page, ("a.png", "image/png", scan()))
    button(page, "Compare", "a.png").click()
    page.locator(".viewer .note b").wait_for()
    reached = set()
    page.evaluate("document.activeElement.blur()")
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "() => { const one = document.activeElement; return one.id || "
                "one.getAttribute('aria-label') || one.textContent.trim(); }"
            )
        )
    assert {
        *("tongue", "choose", "searchable", "straighten", "bitonal", "Close: a.png"),
        *("Download: a.png", "Remove: a.png", "Zoom in", "Zoom out", "Fit", "Map"),
        *("Keep it as it was", "Before and after: how much of each is shown"),
    } <= reached


def test_the_tongues_have_the_same_words():
    text = PAGE.read_text("utf-8")
    tables = text.split("const SAID = {")[1].split("\nconst IS")[0].split("\n  de: {")
    keys = [sorted(re.findall(r"(\w+): [\"{]", one)) for one in tables]
    assert [key for key in keys[0] if key != "en"] == keys[1]


def test_a_token_is_asked_for_once(visit, tmp_path, browser):
    with Served(tmp_path, "--token", "open sesame now") as guarded:
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(guarded.url)
        page.get_by_label("token").fill("wrong one")
        page.get_by_role("button", name="Enter").click()
        page.get_by_label("token").fill("open sesame now")
        page.get_by_role("button", name="Enter").click()
        page.locator("#door").wait_for(state="hidden")
        drop(page, ("a.png", "image/png", scan()))
        button(page, "Compare", "a.png").click()
        page.locator(".viewer .note b").wait_for()
        context.close()


def test_pages_of_a_photo_stay_sharp():
    """The picture that is shown has every pixel of the page."""
    page = dirty(1, 40)
    (shown,) = read_pages(picture(page.pixels))
    assert shown.pixels.shape == page.pixels.shape
