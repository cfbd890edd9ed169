"""A recipe: one TOML file that says how pages are made, dirtied, learned and cleaned.

Every default lives here and nowhere else. An unknown key is an error that names the nearest
known one, so a misspelt setting never passes silently.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from docclean.errors import UsageError
from docclean.recipe.sections import Corrupt, Data, Look, Model, Synth, Train
from docclean.recipe.tables import LARGEST, check_sections, fill, read_tables, typed
from docclean.registry import nearest


@dataclass(frozen=True)
class Recipe:
    """The whole recipe; every section has working defaults."""

    synth: Synth = Synth()
    corrupt: Corrupt = Corrupt()
    model: Model = Model()
    train: Train = Train()
    data: Data = Data()
    mix: tuple[Look, ...] = ()
    """Kinds of pages; [mix] names recipes beside this one, with the share of each. Their [synth]
    and [corrupt] take the place of this recipe's own; empty: every page follows this recipe."""

    def looks(self) -> tuple[Look, ...]:
        """Return the looks of the mix, or this recipe's own as the only one."""
        return self.mix or (Look("", 1.0, self.synth, self.corrupt),)

    def look(self, at: float) -> Look:
        """Return the look at `at`, 0..1, of the shares laid end to end."""
        looks = self.looks()
        at *= sum(look.share for look in looks)
        for look in looks:
            at -= look.share
            if at < 0:
                return look
        return looks[-1]

    @classmethod
    def load(cls, path: Path | None = None, **overrides: Any) -> "Recipe":
        """Read a recipe file over the defaults, then `section__key=value` overrides over both.

        Raises:
            UnreadableInputError: the file is missing or is not TOML.
            UsageError: a section, a key or a value is wrong; what would work is named.
        """
        tables = read_tables(path) if path is not None else {}
        for key, value in overrides.items():
            section, _, name = key.partition("__")
            if value is not None:
                tables.setdefault(section, {})[name] = value
        recipe = cls()
        check_sections(tables, path)
        for section, table in tables.items():
            if section not in ("mix", "clean"):
                merged = fill(getattr(recipe, section), table, f"{path or 'recipe'}: [{section}]")
                recipe = replace(recipe, **{section: merged})
        _agree(recipe.synth, f"{path or 'recipe'}: [synth]")
        return recipe._mixed(tables.get("mix", {}), path)

    def _mixed(self, shares: Any, path: Path | None) -> "Recipe":
        """Return the recipe with the looks that [mix] names; this one's pages and texts stay."""
        if not isinstance(shares, dict) or (shares and path is None):
            raise UsageError(f"{path or 'recipe'}: [mix] must name recipes beside the file")
        looks = []
        for name, share in shares.items():
            assert path is not None
            there = sorted(item.stem for item in path.parent.glob("*.toml") if item != path)
            where = f"{path}: [mix] {name}"
            if name not in there:
                raise UsageError(f"{where}: no {name}.toml beside it{nearest(name, there)}")
            share = typed(float, share, where, "1.0", (0, LARGEST))
            other = Recipe.load(path.parent / f"{name}.toml")
            if other.mix:
                raise UsageError(f"{where}: is itself a mix; name its parts")
            text = self.synth.text_folder or other.synth.text_folder
            synth = replace(other.synth, pages=self.synth.pages, text_folder=text)
            looks.append(Look(name, share, synth, other.corrupt))
        if looks and not any(look.share for look in looks):
            raise UsageError(f"{path}: [mix] needs a share above 0")
        return replace(self, mix=tuple(looks))

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain tables, for a checkpoint's header or a model card."""
        return asdict(self)


def _agree(synth: Synth, where: str) -> None:
    """Refuse numbers that are right one by one, and wrong together."""
    low, high = synth.dpi_range
    if low > high:
        raise UsageError(f"{where} dpi_range must rise, as in [{high}, {low}], not [{low}, {high}]")
    if synth.layouts and not any(synth.layouts.values()):
        raise UsageError(f"{where} layouts needs a weight above 0, such as {{ letter = 2 }}")
