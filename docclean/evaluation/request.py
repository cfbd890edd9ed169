"""Everything one call of `docclean evaluate` asks for, and its fulfilment."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from docclean.clean.cleaner import Cleaner
from docclean.corruptions import CORRUPTIONS
from docclean.errors import UsageError
from docclean.evaluation.cleaners import (
    Sharing,
    cleaned_by,
    dropped_by,
    looked_by,
    tried_by,
    written_by,
)
from docclean.evaluation.comparison import USUAL, evaluate, resolve
from docclean.evaluation.contenders import CONTENDERS, Contender, command_contender
from docclean.evaluation.folder import Item
from docclean.evaluation.rivals.programs import TIMEOUT
from docclean.evaluation.robustness import COMMON, measure_curves
from docclean.evaluation.settings import PLAIN_SETTINGS, SetSettings, Settings, pages_of_split
from docclean.evaluation.synthetic import write_synthetic
from docclean.ocr import Tesseract
from docclean.registry import nearest
from docclean.report.report import Report
from docclean.scores.results import Curve
from docclean.scores.totals import CLEANED

UNGATED, TRIED = "ungated", "tried"
"""A model without its gate, and with one that reads a sample of the page."""
LOOKS, DROPPED = "looks", "dropped"
"""Its page read twice, and once with no more than its unsure words dropped."""
WRITTEN, WRITTEN_FOR_OCR = "written", "written-for-ocr"
"""The files it writes, read as they are."""
OF_MODELS = (CLEANED, UNGATED, TRIED, LOOKS, DROPPED, WRITTEN, WRITTEN_FOR_OCR)
ALL = "all"
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and of how many."""


@dataclass(frozen=True)
class Order:
    """What is to be evaluated.

    Attributes:
        folder: the pages; None where only synthetic ones are asked for.
        contenders: names of `CONTENDERS`, 'cleaned' and 'ungated' (each model with and without its
            gate), 'tried' (with `--gate ocr`), 'looks' (read twice), 'dropped' (without unsure
            words), 'written' and 'written-for-ocr' (files as `clean` writes them), or 'all' for
            every one that can run here.
        commands: outside programs, 'NAME=program @IN @OUT'.
        models: names or files; the first is 'cleaned', the others 'cleaned:NAME'.
        device: where the models run.
        timeout: seconds after which a command is stopped.
        default: how sets are read that the settings file does not name, and by what engine.
        settings: TOML file with the settings of each set.
        sets: patterns of the sets to read; all where empty.
        split: only the pages of this split (see `settings.SPLITS`).
        limit: at most this many pages a set.
        jobs: pages at a time.
        cache: file that keeps what was read.
        views: views each page is read under; None: as the settings file says, else one.
        synthetic: make `count` pages with `seed` instead of reading a folder.
        curves: measure robustness curves too.
        members: corruptions that get a curve; 'all' takes every one.
        pictures: keep pictures for the HTML report.
    """

    folder: Path | None
    contenders: tuple[str, ...] = USUAL
    commands: tuple[str, ...] = ()
    models: tuple[str, ...] = ("small",)
    device: str = "auto"
    timeout: float = TIMEOUT
    default: SetSettings = PLAIN_SETTINGS
    settings: Path | None = None
    sets: tuple[str, ...] = ()
    split: str | None = None
    limit: int | None = None
    jobs: int = 1
    cache: Path | None = None
    views: int | None = None
    synthetic: bool = False
    count: int = 12
    seed: int = 1
    curves: bool = False
    members: tuple[str, ...] = COMMON
    pictures: bool = False

    def fulfil(self, progress: Progress = lambda what, done, total: None) -> Report:
        """Evaluate, and return the report.

        Raises:
            UsageError: neither or both of a folder and synthetic pages, or an unknown name.
            DoccleanError: of the step that failed.
        """
        if (self.folder is None) != self.synthetic:
            raise UsageError("give a FOLDER of pages, or --synthetic for pages made here")
        for name in self.members:
            if name != ALL:
                CORRUPTIONS[name]  # an unknown one is told now, not after an hour of reading
        plan, skipped = self._plan()
        with tempfile.TemporaryDirectory(prefix="docclean-") as temporary:
            folder = self.folder
            if folder is None:
                progress("making pages", 0, self.count)
                folder = write_synthetic(Path(temporary), self.count, self.seed)
            report = self._evaluate(folder, plan, progress)
        if self.synthetic:
            report = replace(report, title=f"{self.count} synthetic pages, seed {self.seed}")
        if skipped:
            report = replace(report, remark=f"{report.remark}; left out: {'; '.join(skipped)}")
        if self.curves:
            report = replace(report, curves=self._curves(progress))
        return report

    def _evaluate(self, folder: Path, plan: list[Contender], progress: Progress) -> Report:
        halves = pages_of_split(folder, self.split) if self.split else {}
        settings = Settings.load(self.settings, self.default)

        def wanted(item: Item) -> bool:
            return item.group not in halves or item.name in halves[item.group]

        return evaluate(
            folder,
            None,
            contenders=plan,
            settings=settings,
            sets=self.sets,
            only=wanted if halves else None,
            limit=self.limit,
            jobs=self.jobs,
            pictures=self.pictures,
            cache=self.cache,
            views=self.views or settings.views,
            progress=lambda done, total: progress("reading", done, total),
        )

    def _curves(self, progress: Progress) -> tuple[Curve, ...]:
        cleaner = self._cleaner(self.models[0], gate=True)
        return measure_curves(
            lambda page: cleaner.clean(page).reading,
            self.default.reader(),
            members=None if ALL in self.members else self.members,
            seed=self.seed,
            jobs=self.jobs,
            progress=lambda done, total: progress("curves", done, total),
        )

    def _plan(self) -> tuple[list[Contender], list[str]]:
        """Return the contenders, and why some of 'all' cannot run."""
        skipped: list[str] = []
        plan: list[Contender] = []
        names = list(self.contenders)
        if ALL in names:
            names = [name for name in names if name != ALL]
            for member in CONTENDERS:
                lacking = self._unfit(member) or member.lacking()
                if lacking is None:
                    plan.append(member)
                else:
                    skipped.append(f"{member.name} ({lacking})")
            names += [CLEANED, UNGATED]
        for name in names:
            kind, _, model = name.partition(":")
            if kind in OF_MODELS:
                chosen = (model,) if model else self.models
                plan += [self._cleaned(kind, one) for one in dict.fromkeys(chosen)]
            elif name in CONTENDERS.names():
                if unfit := self._unfit(CONTENDERS[name]):
                    raise UsageError(f"the contender '{name}' cannot run: {unfit}")
                plan += [resolve(name, None)] if name not in [one.name for one in plan] else []
            else:
                known = [*CONTENDERS.names(), *OF_MODELS, ALL]
                raise UsageError(
                    f"there is no contender '{name}'{nearest(name, known)}; "
                    f"known: {', '.join(known)}"
                )
        plan += [resolve(command_contender(spec, self.timeout), None) for spec in self.commands]
        twice = [name for name, count in Counter(one.name for one in plan).items() if count > 1]
        if twice:
            raise UsageError(
                f"two contenders are called '{twice[0]}'; name commands 'NAME=PROGRAM @IN @OUT', "
                "and give models files of different names"
            )
        return plan, skipped

    def _unfit(self, contender: Contender) -> str | None:
        """Say why a contender is none for the engine that reads; None where it is one."""
        if contender.variables and self.default.engine != Tesseract.name:
            return "it reads in another way of Tesseract's; use --engine tesseract"
        return None

    def _cleaned(self, kind: str, model: str) -> Contender:
        name = kind if model == self.models[0] else f"{kind}:{Path(model).stem}"
        if kind == TRIED:
            return tried_by(self._cleaner(model, gate=True), name)
        key = model, kind != UNGATED
        if key not in self._shared:
            self._shared[key] = Sharing(self._cleaner(model, gate=key[1]))
        if kind in (WRITTEN, WRITTEN_FOR_OCR):
            return written_by(self._shared[key], name, for_ocr=kind == WRITTEN_FOR_OCR)
        made = {LOOKS: looked_by, DROPPED: dropped_by}.get(kind, cleaned_by)
        return made(self._shared[key], name)

    @cached_property
    def _shared(self) -> dict[tuple[str, bool], Sharing]:
        """The cleaners, by model and gate, of which several contenders are made."""
        return {}

    def _cleaner(self, model: str, *, gate: bool) -> Cleaner:
        # one thread for each page at work: two pages at a time clean faster than one on two cores
        threads = max(1, (os.cpu_count() or 1) // self.jobs) if self.jobs > 1 else None
        return Cleaner.load(model, gate=gate, device=self.device, threads=threads)
