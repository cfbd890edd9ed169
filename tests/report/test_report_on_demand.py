"""Cards of the report on demand, and what holds everywhere."""

import pytest
from browsing import BROWSER
from shown_reports import COUNT, EVIL, TRUTH, cards, first_slider, sync_api

from docclean.report.html.document import write_html
from docclean.scores.results import (
    PageResult,
    Reading,
    SetSummary,
    Summary,
    Totals,
)
from docclean.scores.text import macro, micro, score

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


def filled(page):
    return page.locator(".card .side").count()


# --- on demand ------------------------------------------------------------------------------------


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


# --- everywhere -----------------------------------------------------------------------------------


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
