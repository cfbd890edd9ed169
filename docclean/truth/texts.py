"""Truth that is no markup: plain text, and JSON lists of words with their boxes."""

import json
from pathlib import Path
from typing import Any

from docclean.errors import UnreadableInputError
from docclean.truth.base import Sheet, TrueWord, Truth, join_lines, make_truth, to_box


def read_text(path: Path, data: bytes) -> Truth:
    """Read plain text in UTF-8, taken as it is; form feeds part pages.

    Raises:
        UnreadableInputError: it is not UTF-8.
    """
    try:
        return Truth(data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError as error:
        raise UnreadableInputError(
            f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8"
        ) from error


def read_words(path: Path, data: bytes) -> Truth:
    """Read a list of words in reading order, or `{"words": [...]}`.

    A word is `{"text": ...}` with `"left", "top", "width", "height"`,
    `"box": [left, top, width, height]` or `"bbox": [left, top, right, bottom]`. A new line begins
    where a word stands below its forerunner or starts left of it.

    Raises:
        UnreadableInputError: damaged, or a word without its text or box.
    """
    try:
        listed = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableInputError(f"{path} is damaged JSON ({error}); export it again") from error
    if isinstance(listed, dict):
        listed = listed.get("words")
    if not isinstance(listed, list):
        raise UnreadableInputError(f'{path} holds no words; give a list or {{"words": [...]}}')
    words = [_listed_word(path, number, entry) for number, entry in enumerate(listed, 1)]
    sheet = Sheet()
    sheet.add(join_lines(words))
    return make_truth([sheet], (word for word in words if word.text))


def _listed_word(path: Path, number: int, entry: Any) -> TrueWord:
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        raise UnreadableInputError(f'{path}: word {number} has no "text"; add it')
    if "bbox" in entry:
        box = to_box(entry["bbox"], edges=True)
    elif "box" in entry:
        box = to_box(entry["box"])
    else:
        box = to_box([entry.get(key) for key in ("left", "top", "width", "height")])
    if box is None:
        raise UnreadableInputError(
            f"{path}: word {number} has no box in pixels; give left, top, width, height, "
            "box or bbox"
        )
    return TrueWord(" ".join(entry["text"].split()), *box)
