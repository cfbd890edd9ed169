"""The HTML report in a browser: slider, filters, cards on demand, no network, texts inert."""

from collections import Counter

import pytest
from browsing import BROWSER
from shown_reports import PAGES, TRUTH, cards, first_slider

from docclean.scores.text import word_changes

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


def clip(slider):
    style = slider.locator("img.before").evaluate("image => getComputedStyle(image).clipPath")
    return float(style.split("calc(")[-1].split("%")[-2].split("(")[-1].split(" ")[-1])


def cut(slider):
    return slider.evaluate("frame => parseFloat(frame.style.getPropertyValue('--cut'))")


# --- the slider -----------------------------------------------------------------------------------


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


# --- the filters ----------------------------------------------------------------------------------


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
