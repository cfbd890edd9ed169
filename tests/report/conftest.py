"""What the tests of this folder share."""

import pytest
from shown_reports import PAGES, summarise

from docclean.report.html.document import write_html


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "r.html"
    write_html(summarise(PAGES), PAGES, path)
    return path.as_uri()


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
