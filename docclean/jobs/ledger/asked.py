"""How a call is kept in a ledger, so that it can be made again."""

from pathlib import Path
from typing import Any

from docclean.recipe import Options


def asked(out: Path, options: Options) -> dict[str, Any]:
    """Return what a call asked for; no password among it."""
    told = {name: value for name, value in options.to_table().items() if name != "password"}
    return {"out": str(out.absolute()), "options": told}
