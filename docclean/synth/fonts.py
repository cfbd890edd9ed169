"""The font families pages are set in: by script, and by language where accents matter."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from shutil import which
from subprocess import run

import typst

from docclean.errors import UsageError

EMBEDDED_FONTS = ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono")
"""Families inside the typst package, all three scripts in each: no machine lacks fonts."""
NOT_TEXT = ("symbol", "emoji", "math", "dingbat", "keyboard", "d050000l", "music", "ocr", "braille")
"""Parts of the names of families that claim a language but hold signs."""
OTHER_CASE = ("titling", "style std")
"""Parts of the names of families that set small letters as capitals: the true text would lie."""
MONO_MARKS = (
    *("mono", "courier", "cursor", "typewriter", "typist", "cousine", "hack", " code"),
    *("inconsolata", "dotgothic"),
)
"""Parts of the names of monospaced families whose files do not say so."""
_LANGUAGES = {"latin": "en", "greek": "el", "cyrillic": "ru"}
_BLANK = {"greek": ("Play", "EB Garamond 08")}
"""Families whose files claim letters of a script that are blank inside."""


@dataclass(frozen=True)
class Families:
    """Names of font families, sorted."""

    proportional: tuple[str, ...]
    mono: tuple[str, ...]


@lru_cache(maxsize=64)
def families(script: str = "latin", language: str = "") -> Families:
    """Return the font families typst can set `script` in here; the embedded ones at least.

    Args:
        script: "latin", "greek" or "cyrillic".
        language: an ISO 639-1 code; only families with all letters of that language too.

    Raises:
        UsageError: no such script.
    """
    if script not in _LANGUAGES:
        raise UsageError(f"no script '{script}'; known: {', '.join(_LANGUAGES)}")
    wanted = {_LANGUAGES[script], language or _LANGUAGES[script]}
    found, mono = set(EMBEDDED_FONTS), {"DejaVu Sans Mono"}
    for family, (fixed, languages) in _installed().items():
        if wanted <= languages and family not in _BLANK.get(script, ()):
            found.add(family)
            if fixed or _has(family, MONO_MARKS):
                mono.add(family)
    return Families(tuple(sorted(found - mono)), tuple(sorted(mono)))


def _has(family: str, marks: Iterable[str]) -> bool:
    return any(mark in family.lower() for mark in marks)


@lru_cache(maxsize=1)
def _installed() -> dict[str, tuple[bool, frozenset[str]]]:
    """Return (monospaced, languages) of each family typst can use; nothing without fontconfig.

    A language counts where every face has it: bold or italic may be drawn on any page.
    """
    if not which("fc-list"):
        return {}
    usable = set(typst.Fonts().families())
    line = "--format=%{family}\t%{spacing}\t%{lang}\n"
    listed = run(["fc-list", line], capture_output=True, text=True, check=False)
    found: dict[str, tuple[bool, frozenset[str]]] = {}
    for row in listed.stdout.splitlines():
        names, spacing, codes = row.split("\t")
        # a face names its family in general and in particular; typst knows one of the two
        name = next((name for name in names.split(",") if name in usable), "")
        if not name or _has(name, NOT_TEXT + OTHER_CASE):
            continue
        fixed, languages = spacing in ("100", "110"), frozenset(codes.split("|"))
        if name in found:
            fixed, languages = fixed or found[name][0], languages & found[name][1]
        found[name] = (fixed, languages)
    return found
