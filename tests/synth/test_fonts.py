"""Fonts of pages: many faces for each script, and none that lacks a letter of the language."""

from io import BytesIO
from pathlib import Path
from shutil import which

import numpy as np
import pytest
import typst
from PIL import Image
from typeset_pages import _forget_fonts

from docclean.errors import UsageError
from docclean.synth import fonts
from docclean.synth.fonts import EMBEDDED_FONTS, families
from docclean.synth.language.lists import LANGUAGES

PACKAGES = Path(__file__).parents[2] / "pipelines/setup/packages.txt"

needs_fontconfig = pytest.mark.skipif(not which("fc-list"), reason="fontconfig is not installed")


@pytest.fixture
def listed(monkeypatch):
    """A machine whose fc-list says what the test says; typst can use all of it."""

    def say(*rows: str) -> None:
        class Done:
            stdout = "\n".join(rows)

        class Fonts:
            def families(self) -> list[str]:
                return [name for row in rows for name in row.split("\t")[0].split(",")[-1:]]

        monkeypatch.setattr(fonts, "which", lambda program: program)
        monkeypatch.setattr(fonts, "run", lambda *args, **options: Done)
        monkeypatch.setattr(fonts.typst, "Fonts", Fonts)
        _forget_fonts()

    yield say
    _forget_fonts()


# --- what a machine has --------------------------------------------------------------------------


def _packages(use: str) -> list[str]:
    lines = (line.split() for line in PACKAGES.read_text("utf-8").splitlines())
    return [line[0] for line in lines if len(line) == 2 and line[1] == use]


def test_the_list_of_packages_names_enough_fonts_once():
    optional = _packages("optional")
    named = [name for name in optional if name.startswith("fonts-")]
    assert len(named) >= 60
    assert optional == sorted(set(optional))
    assert {"fonts-paratype", "fonts-gfs-didot", "fonts-courier-prime"} <= set(named)
    unlike = {"american-english": "wamerican"}
    lists = {language.dictionary for language in LANGUAGES.values()} - {""}
    installing = {unlike.get(name, f"w{name}") for name in lists}
    assert installing == {name for name in optional if name.startswith("w")}


@needs_fontconfig
def test_sixty_latin_families_are_found_where_the_packages_are_installed():
    missing = [name for name in _packages("optional") if not Path("/usr/share/doc", name).exists()]
    if missing:
        pytest.skip(f"{len(missing)} optional packages are not installed, {missing[0]} for one")
    latin = families()
    assert len(latin.proportional) >= 60 and len(latin.mono) >= 15
    for script in ("greek", "cyrillic"):
        other = families(script)
        assert len(other.proportional) >= 30 and len(other.mono) >= 8
    assert "GFS Didot Classic" in families("greek").proportional
    assert "GFS Didot Classic" not in latin.proportional  # it has Greek only
    assert "PT Serif" in families("cyrillic").proportional
    assert "PT Serif" not in families("greek").proportional


@needs_fontconfig
@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_language_narrows_the_families_of_its_script(language):
    whole, narrow = families(language.script), families(language.script, language.code)
    assert set(narrow.proportional) <= set(whole.proportional)
    assert set(narrow.mono) <= set(whole.mono)
    assert set(EMBEDDED_FONTS) <= {*narrow.proportional, *narrow.mono}
    assert not set(narrow.proportional) & set(narrow.mono)
    assert list(narrow.proportional) == sorted(narrow.proportional)


def test_without_fontconfig_the_embedded_families_serve_every_script(no_system_fonts):
    for script in ("latin", "greek", "cyrillic"):
        assert families(script).proportional == ("Libertinus Serif", "New Computer Modern")
        assert families(script).mono == ("DejaVu Sans Mono",)


def test_an_unknown_script_is_an_error():
    with pytest.raises(UsageError, match="latin, greek, cyrillic"):
        families("runic")


# --- what fontconfig says ------------------------------------------------------------------------


def test_a_language_counts_where_every_face_has_it(listed):
    listed("Whole\t\ten|cs", "Whole\t\ten|cs", "Half\t\ten|cs", "Half\t\ten")
    assert {"Whole", "Half"} <= set(families("latin").proportional)
    assert "Whole" in families("latin", "cs").proportional
    assert "Half" not in families("latin", "cs").proportional


def test_signs_and_small_capitals_are_no_text(listed):
    listed("Music Emoji\t\ten", "Some Titling Std\t\ten", "Text\t\ten", "Letters OCR\t100\ten")
    assert families().proportional == ("Libertinus Serif", "New Computer Modern", "Text")
    assert families().mono == ("DejaVu Sans Mono",)


def test_a_fixed_width_is_read_or_told_by_the_name(listed):
    listed("Plain\t100\ten", "Old Typewriter\t\ten", "Round\t0\ten", "Cells\t110\ten")
    assert set(families().mono) == {"Plain", "Old Typewriter", "Cells", "DejaVu Sans Mono"}


def test_a_face_may_go_by_its_second_name(listed):
    listed("Known,Known 12\t\ten")
    assert "Known 12" in families().proportional


# --- letters -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compiler() -> typst.Compiler:
    return typst.Compiler()


@pytest.mark.parametrize("family", EMBEDDED_FONTS)
def test_an_embedded_family_has_every_letter_of_every_language(family, compiler):
    signs = "".join(
        sorted(
            {sign for item in LANGUAGES.values() for sign in item.letters + "".join(item.common)}
        )
    )
    assert _missing(compiler, family, signs) == ""


@needs_fontconfig
def test_a_drawn_family_has_the_letters_it_is_drawn_for(compiler):
    for language in ("cs", "hu", "ro", "tr", "el", "uk"):
        item = LANGUAGES[language]
        found = families(item.script, language)
        for family in (found.proportional[::12] + found.mono[::6])[:8]:
            assert _missing(compiler, family, item.letters) == "", (family, language)


def _missing(compiler: typst.Compiler, family: str, signs: str) -> str:
    """Return the signs that `family` sets like one that no font has, or not at all."""
    body = "".join(
        f'#box(width: 14pt, height: 18pt, clip: true)[#text("{sign}")]' for sign in "\uf8ff" + signs
    )
    source = (
        "#set page(width: 700pt, height: auto, margin: 0pt)\n#set par(leading: 0pt, spacing: 0pt)\n"
        f'#set text(font: "{family}", size: 10pt, fallback: false)\n{body}'
    )
    png = compiler.compile(source.encode(), format="png", ppi=72)
    pixels = np.asarray(Image.open(BytesIO(png)).convert("L"))
    cells = [
        pixels[row : row + 18, column : column + 14]
        for row in range(0, pixels.shape[0] - 17, 18)
        for column in range(0, 700, 14)
    ]
    none, rest = cells[0], cells[1:]
    return "".join(
        sign
        for sign, cell in zip(signs, rest, strict=False)
        if cell.min() > 200 or np.array_equal(cell, none)
    )
