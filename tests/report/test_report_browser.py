"""The HTML report in a browser: slider, filters, cards on demand, no network, texts inert."""

import shutil
from collections import Counter

import numpy as np
import pytest

from docclean.page import Page
from docclean.report.html.document import write_html
from docclean.report.pictures import take_pictures
from docclean.scores.results import (
    Comparison,
    Failure,
    PageResult,
    Reading,
    SetSummary,
    Signs,
    Summary,
    Totals,
)
from docclean.scores.statistics import Interval
from docclean.scores.text import macro, micro, score, word_changes

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")

CONTENDERS = ("grey", "divide", "cleaned")
TRUTH = "the quick brown fox jumps over the lazy dog and the cat"
BREAK = "document.title='broken'"
EVIL = f'<img src=x onerror="{BREAK}"></script><script>{BREAK}</script>'
COUNT = 30


def sheet(seed):
    pixels = np.full((700, 500), 255, np.uint8)
    pixels[50 + seed : 80 + seed, 60:400] = 0
    return Page(pixels)


def labelled(number):
    """Make a page; one in three reads worse, one in three the same, one in three better."""
    words = TRUTH.split()
    some = " ".join(words[: 3 + number % 7])
    texts = [(some, some, TRUTH), (some, TRUTH, some), (TRUTH, some, some)][number % 3]
    readings = tuple(
        Reading(name, text, score(TRUTH, text), note=f"note {number}" if name == "cleaned" else "")
        for name, text in zip(CONTENDERS, texts, strict=True)
    )
    pictures = take_pictures(sheet(0), sheet(100 if number % 4 else 0))
    group = "letters" if number % 2 else "forms"
    return PageResult(group, f"page-{number}.png", TRUTH, readings, pictures)


def unlabelled():
    readings = tuple(
        Reading(name, text, signs=Signs(confidence, 3, 0.5, 1.0, 4.0, 12.0))
        for name, text, confidence in (("grey", "one two two", 70.0), ("cleaned", "one two", 75.0))
    )
    return PageResult("unknown", "mystery.png", None, readings)


def hostile():
    readings = tuple(
        Reading(name, text, score(EVIL, text), note=EVIL)
        for name, text in (("grey", "x"), ("divide", EVIL), ("cleaned", f"{EVIL} </script> <!--"))
    )
    return PageResult("letters", f"evil {EVIL}", EVIL, readings)


def summarise(pages):
    sets = []
    for group in dict.fromkeys(page.group for page in pages):
        own = [page for page in pages if page.group == group]
        known = own[0].truth is not None
        scores = {
            name: [found.score for page in own if (found := page.reading(name)) and found.score]
            for name in CONTENDERS
        }
        totals = tuple(
            Totals(name, micro(scores[name]) if known else None, macro(scores[name]))
            for name in CONTENDERS
        )
        gain = Interval(0.02, -0.01, 0.05)
        versus = (Comparison("grey", "cleaned", gain, gain, 3, 2, 1, 0.4),) if known else ()
        sets.append(SetSummary(group, len(own), known, totals, versus))
    return Summary(
        f"A report {EVIL}", tuple(sets), sets[0], "grey", "cleaned", (Failure(EVIL, EVIL),)
    )


PAGES = [*(labelled(number) for number in range(COUNT)), unlabelled(), hostile()]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "r.html"
    write_html(summarise(PAGES), PAGES, path)
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as player:
        started = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def look(browser, report):
    """Return a function that opens the report; afterwards nothing may have gone wrong."""
    contexts, wrong = [], []

    def open_report(width=1400, scheme="light", hash="", report=report):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.append(f"failed {request.url[:80]}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith("data:image/") or request.url == report
                else wrong.append(f"asked for {request.url[:80]}")
            ),
        )
        page.goto(report + hash)
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert wrong == []


def cards(page):
    """Return the names of the cards that are shown, in order."""
    return page.locator(".card:not([hidden]) h3").all_text_contents()


def first_slider(page):
    slider = page.locator(".slider:has(input)").first
    for _ in range(2):  # cards above take their true height when they come near
        slider.evaluate("frame => frame.scrollIntoView({ block: 'center' })")
        page.wait_for_timeout(50)
    return slider


# --- the slider ----------------------------------------------------------------------------------


def clip(slider):
    style = slider.locator("img.before").evaluate("image => getComputedStyle(image).clipPath")
    return float(style.split("calc(")[-1].split("%")[-2].split("(")[-1].split(" ")[-1])


def cut(slider):
    return slider.evaluate("frame => parseFloat(frame.style.getPropertyValue('--cut'))")


def test_the_slider_follows_the_mouse(look):
    slider = first_slider(look())
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    mouse = slider.page.mouse
    mouse.move(box["x"] + box["width"] / 2, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.2, middle, steps=4)
    mouse.up()
    assert 15 <= cut(slider) <= 25
    assert clip(slider) == pytest.approx(100 - cut(slider))


def test_the_slider_follows_the_keyboard(look):
    slider = first_slider(look())
    control = slider.get_by_role("slider")
    control.focus()
    for _ in range(5):
        slider.page.keyboard.press("ArrowRight")
    assert cut(slider) == 55 and clip(slider) == pytest.approx(45)
    slider.page.keyboard.press("Home")
    assert cut(slider) == 0 and clip(slider) == pytest.approx(100)
    assert "as scanned" in control.get_attribute("aria-label")


def test_the_pictures_are_seen(look):
    slider = first_slider(look())
    sizes = slider.evaluate(
        "async frame => { const images = [...frame.querySelectorAll('img')];"
        " await Promise.all(images.map(image => image.decode()));"
        " return images.map(image => [image.naturalWidth, image.naturalHeight]); }"
    )
    assert sizes == [[500, 700], [500, 700]]


def test_a_page_left_as_it_was_has_one_picture_and_no_slider(look):
    page = look()
    page.get_by_label("Find").fill("page-8.png")
    card = page.locator(".card:not([hidden])")
    card.locator(".slider").wait_for()
    assert card.locator("img").count() == 1 and card.locator("input").count() == 0


# --- the filters ---------------------------------------------------------------------------------


def test_worst_first_and_the_other_orders(look):
    page = look()
    names = {one.name: one for one in PAGES}
    changes = [names[name].change("grey", "cleaned") for name in cards(page)]
    assert len(changes) == len(PAGES) and changes == sorted(changes) and changes[0] < 0
    page.get_by_label("Order").select_option("best")
    changes = [names[name].change("grey", "cleaned") for name in cards(page)]
    assert changes == sorted(changes, reverse=True)
    page.get_by_label("Order").select_option("name")
    assert [name for name in cards(page) if name.startswith("page")][:3] == [
        "page-0.png",
        "page-1.png",
        "page-2.png",
    ]
    page.get_by_label("Order").select_option("hardest")
    assert "page" in cards(page)[0] or "evil" in cards(page)[0]


def test_filters_by_mood_set_and_name(look):
    page = look()
    page.get_by_label("Pages", exact=True).select_option("worse")
    worse = [one.name for one in PAGES if one.truth and one.change("grey", "cleaned") < 0]
    assert sorted(cards(page)) == sorted(worse)
    assert page.locator("#count").text_content() == (
        f"{len(worse)} of {len(PAGES)} pages: 0 better, 0 same, {len(worse)} worse"
    )
    page.get_by_label("Set", exact=True).select_option(label="letters")
    own = [one.name for one in PAGES if one.name in worse and one.group == "letters"]
    assert sorted(cards(page)) == sorted(own)
    page.get_by_label("Find").fill("nothing of that name")
    assert cards(page) == []
    page.get_by_role("button", name="Show all").click()
    assert len(cards(page)) == len(PAGES)
    page.get_by_label("Pages", exact=True).select_option("unknown")
    assert cards(page) == ["mystery.png"]


def test_another_contender_can_be_shown_against_the_bar(look):
    page = look()
    page.get_by_label("Contender").select_option("divide")
    page.get_by_label("Pages", exact=True).select_option("better")
    better = [one.name for one in PAGES if one.truth and one.change("grey", "divide") > 0]
    assert sorted(cards(page)) == sorted(better)
    page.get_by_label("Find").fill("page-4.png")
    card = page.locator(".card:not([hidden])")
    card.locator(".side").wait_for()
    one = next(one for one in PAGES if one.name == "page-4.png")
    gained, lost = word_changes(TRUTH, one.reading("grey").text, one.reading("divide").text)
    assert Counter(card.locator(".words .gained").all_text_contents()) == gained
    assert not lost and card.locator(".words .lost").count() == 0
    card.get_by_text("Texts").click()
    card.locator("h4").nth(2).wait_for()
    assert card.locator("h4").all_text_contents() == ["truth", "grey", "divide"]
    assert card.locator("ins.gained").count() == gained.total()


def test_a_page_without_truth_shows_signs_and_takes_no_side(look):
    page = look()
    page.get_by_label("Find").fill("mystery")
    card = page.locator(".card:not([hidden])")
    card.locator(".side").wait_for()
    assert "confidence 70.0 → 75.0+5.0" in card.locator(".change").text_content()
    assert card.locator(".words .neutral").all_text_contents() == ["two"]
    assert "only in grey" in card.text_content() and "CER" not in card.text_content()


# --- on demand -----------------------------------------------------------------------------------


def filled(page):
    return page.locator(".card .side").count()


def test_cards_are_drawn_when_they_come_near(look):
    page = look()
    before = filled(page)
    assert 0 < before < COUNT / 2
    last = page.locator(".card").last
    assert last.locator(".side").count() == 0
    last.scroll_into_view_if_needed()
    last.locator(".side").wait_for()
    held = page.locator("img[src]").count()
    assert 0 < held < COUNT  # the pictures far away are let go


def test_a_loss_leads_to_its_card(look):
    page = look()
    link = page.locator("#worse a").nth(5)
    name = link.text_content()
    page.get_by_label("Pages", exact=True).select_option("better")
    link.click()
    card = page.locator(".card:target")
    card.locator(".side").wait_for()
    assert card.locator("h3").text_content() == name
    assert card.evaluate("card => !card.hidden")


def test_a_link_to_a_page_opens_there(look):
    page = look(hash="#page-25")
    card = page.locator("#page-25")
    card.locator(".side").wait_for()
    sync_api.expect(card).to_be_in_viewport()


def test_a_report_of_one_contender_and_no_pictures(look, tmp_path):
    only = PageResult("", "only.png", TRUTH, (Reading("raw", TRUTH, score(TRUTH, TRUTH)),))
    one = SetSummary("", 1, True, (Totals("raw", micro([]), macro([])),))
    write_html(Summary("t", (one,), one, "grey", "cleaned"), [only], tmp_path / "r.html")
    page = look(report=(tmp_path / "r.html").as_uri())
    card = page.locator(".card")
    card.locator(".side").wait_for()
    assert cards(page) == ["only.png"] and "0.00%" in card.text_content()
    assert page.locator("#contender").is_hidden() and page.locator("#set").is_hidden()


# --- everywhere ----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_is_wider_than_the_window(look, width):
    page = look(width)
    page.get_by_label("Find").fill("evil")
    page.locator(".card:not([hidden]) .side").wait_for()
    page.locator(".card:not([hidden]) summary").click()
    page.get_by_label("Find").fill("")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    inner = page.evaluate(
        "[...document.querySelectorAll('.card *')].filter(node => node.getClientRects().length"
        " && node.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert inner == 0


def test_light_and_dark(look):
    grounds = [
        look(scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    light, dark = (sum(map(int, ground[4:-1].split(","))) for ground in grounds)
    assert light > 600 and dark < 200


def test_hostile_names_and_texts_do_nothing(look):
    page = look()
    page.get_by_label("Find").fill("evil")
    card = page.locator(".card:not([hidden])")
    card.locator(".side").wait_for()
    card.get_by_text("Texts").click()
    assert card.locator("h3").text_content() == f"evil {EVIL}"
    assert EVIL in card.locator("pre").first.text_content()
    assert page.title().startswith("A report <img")
    assert page.locator("img[src=x]").count() == 0


def test_every_control_has_a_name(look):
    page = look()
    nameless = page.evaluate(
        "[...document.querySelectorAll('input, select, button, svg')].filter(node =>"
        " !(node.labels?.length || node.getAttribute('aria-label') || node.textContent)).length"
    )
    assert nameless == 0


def test_it_prints_the_pages_side_by_side(look):
    page = look()
    first_slider(page)
    page.emulate_media(media="print")
    shown = page.locator(".slider:has(input) img.before").first
    assert shown.evaluate("image => getComputedStyle(image).clipPath") == "none"
    assert page.locator("#filters").is_hidden()
