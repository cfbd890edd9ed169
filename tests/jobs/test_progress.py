"""How far the work is: nothing unasked, a line now and then, no more."""

import sys

from docclean.jobs import progress


def test_nothing_is_shown_unasked(capsys):
    with progress.showing(3, wanted=False) as (file, page):
        page({"page": 1}, 9)
        file("a.pdf", 0)
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_a_line_comes_now_and_then(capsys, monkeypatch):
    clock = iter(float(n) for n in range(0, 1000, 4))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.showing(1, wanted=True) as (_, page):
        for number in range(1, 11):
            page({"page": number}, 10)
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 4
    assert "3 pages of 10" in lines[0] and "s left" in lines[0] and "pages/s" in lines[0]


def test_on_a_terminal_a_bar_shows_pages_and_rate(monkeypatch):
    class Terminal:
        encoding = "utf-8"

        def __init__(self):
            self.told = ""

        def write(self, text):
            self.told += text
            return len(text)

        def flush(self):
            pass

        def isatty(self):
            return True

        def fileno(self):
            return 2

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with progress.showing(1, wanted=True) as (file, page):
        for number in range(1, 4):
            page({"page": number}, 3)
        file("a.pdf", 0)
    assert "pages/s" in terminal.told
