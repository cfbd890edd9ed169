"""The words of a request: the command line's own option names, as query or form fields."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from docclean.documents import format_of
from docclean.errors import UsageError
from docclean.recipe import Options
from docclean.recipe.options import HOW_ONLY, NAMES, page_numbers, words
from docclean.registry import nearest

SERVERS = (*(name for name in HOW_ONLY if name not in ("password", "allow_signed")), "model")
"""Options that are the server's to say: how much of the machine is taken, which files it reads."""
ASKED = tuple(name for name in NAMES if name not in SERVERS)
"""Options that a request may say."""
READING = ("lang", "pages", "password", "gate", "ocr_engine")
"""Those of `docclean ocr`, beside its own `psm` and `raw`."""
TRUE, FALSE = ("", "1", "true", "yes", "on"), ("0", "false", "no", "off")
LONGEST = 1000
"""Characters of a field."""
LANGUAGES = re.compile(r"[A-Za-z0-9_]+(/[A-Za-z0-9_]+)?([+][A-Za-z0-9_]+(/[A-Za-z0-9_]+)?)*")
"""How languages are named, such as `eng`, `deu+eng` or `script/Latin`: they become files' names."""
_LISTS = {"pages": page_numbers, "leave": page_numbers, "drop": words}


def options_of(given: Mapping[str, str], usual: Options, known: tuple[str, ...] = ASKED) -> Options:
    """Return the options of a request over those that are usual.

    Args:
        given: fields by name; `-` and `_` are one.
        usual: the server's.
        known: names that the request may say.

    Raises:
        UsageError: a name or a value is wrong; what would work is named.
    """
    table: dict[str, Any] = {}
    defaults = {item.name: item.default for item in fields(Options)}
    for name, told in ((key.replace("-", "_"), value.strip()) for key, value in given.items()):
        if len(told) > LONGEST:
            raise UsageError(f"{name[:40]} is longer than {LONGEST} characters")
        if name == "no_gate":
            table["gate"] = "off" if flag(name, told) else usual.gate
        elif name not in known:
            raise UsageError(_unknown(name, known))
        elif name == "ocr" and told.lower() not in (*TRUE, *FALSE):
            table |= {"ocr": True, "lang": told}
        elif name in _LISTS:
            table[name] = _LISTS[name](told) if told else defaults[name]
        elif isinstance(defaults[name], bool):
            table[name] = flag(name, told)
        else:
            table[name] = told or defaults[name]
    options = replace(usual, **table)
    if not LANGUAGES.fullmatch(options.lang):
        raise UsageError("lang names languages such as eng or deu+eng")
    if options.format:
        format_of(options.format, "format")
    return options


def flag(name: str, told: str) -> bool:
    """Return whether a field says yes.

    Raises:
        UsageError: it says neither.
    """
    if told.lower() in TRUE:
        return True
    if told.lower() in FALSE:
        return False
    raise UsageError(f"{name} is true or false, not '{told[:40]}'")


def _unknown(name: str, known: tuple[str, ...]) -> str:
    if name in SERVERS:
        return f"{name} is the server's to say; leave it out"
    return f"there is no field '{name[:40]}'{nearest(name, list(known))}"
