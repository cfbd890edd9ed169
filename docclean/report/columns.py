"""The columns of the tables of text: what each shows of a contender's line."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from docclean.scores.results import Comparison, SetSummary, Totals


@dataclass(frozen=True)
class Column:
    """A column of the tables: its head and what it shows of a contender's line."""

    head: str
    show: Callable[[Totals, Comparison | None], str]


def _of_fidelity(name: str, form: str) -> Callable[[Totals, Comparison | None], str]:
    return lambda row, _: format(getattr(row.fidelity, name), form) if row.fidelity else ""


def _of_signs(name: str, form: str) -> Callable[[Totals, Comparison | None], str]:
    def show(row: Totals, _: Comparison | None) -> str:
        value = getattr(row.signs, name) if row.signs else None
        return "" if value is None else format(value, form)

    return show


def points_of(comparison: Comparison | None) -> str:
    """Write a gain in points with its interval."""
    if comparison is None:
        return ""
    gain = comparison.cer
    if not math.isfinite(gain.low):  # too few pages for an interval
        return "" if math.isnan(gain.value) else f"{100 * gain.value:+.2f}"
    return f"{100 * gain.value:+.2f} ({100 * gain.low:+.2f} to {100 * gain.high:+.2f})"


def noise_of(comparison: Comparison | None, rate: str) -> str:
    """Write the noise of a gain: of the CER in points, of the F1 behind it; '' of one view."""
    if comparison is None or not math.isfinite(comparison.cer_noise):
        return ""
    if rate == "cer":
        return f"±{100 * comparison.cer_noise:.2f}"
    return f"{comparison.f1.value:+.3f} ±{comparison.f1_noise:.3f}"


def pages_by_f1(comparison: Comparison | None) -> str:
    """Write how many pages' F1 rose and fell by more than 2 points; '' of one view."""
    if comparison is None or not math.isfinite(comparison.cer_noise):
        return ""
    return f"{comparison.f1_better} / {comparison.f1_worse}"


def _chance(comparison: Comparison | None) -> str:
    """Write the p-value of the sign test."""
    if comparison is None:
        return ""
    return "<0.001" if comparison.p_value < 0.001 else f"{comparison.p_value:.3f}"


def pages_of(comparison: Comparison | None) -> str:
    """Write how many pages' CER fell and rose."""
    return "" if comparison is None else f"{comparison.better} / {comparison.worse}"


def harmed_of(row: Totals) -> str:
    """Write how many parts were harmed of how many, such as '3 of 120'; '' of none."""
    measured = sum(one.measured for one in row.parts)
    return f"{sum(one.harmed for one in row.parts)} of {measured}" if measured else ""


TEXT_COLUMNS = (
    Column("CER", lambda row, _: f"{row.micro.cer:.2%}" if row.micro else ""),
    Column("CER/page", lambda row, _: f"{row.macro.cer:.2%}" if row.macro else ""),
    Column("WER", lambda row, _: f"{row.micro.wer:.2%}" if row.micro else ""),
    Column("recall", lambda row, _: f"{row.micro.recall:.3f}" if row.micro else ""),
    Column("precision", lambda row, _: f"{row.micro.precision:.3f}" if row.micro else ""),
    Column("F1", lambda row, _: f"{row.micro.f1:.3f}" if row.micro else ""),
    Column("points gained (95 %)", lambda _, versus: points_of(versus)),
    Column("noise", lambda _, versus: noise_of(versus, "cer")),
    Column("better / worse", lambda _, versus: pages_of(versus)),
    Column("F1 gained", lambda _, versus: noise_of(versus, "f1")),
    Column("F1 by 2 points", lambda _, versus: pages_by_f1(versus)),
    Column("sign test", lambda _, versus: _chance(versus)),
)
"""What is known of a set with truth."""
SIGN_COLUMNS = (
    Column("confidence", _of_signs("confidence", ".1f")),
    Column("words", _of_signs("words", "d")),
    Column("known", _of_signs("known", ".3f")),
    Column("agreement", _of_signs("agreement", ".3f")),
    Column("paper noise", _of_signs("paper_noise", ".1f")),
    Column("specks/Mpx", _of_signs("specks", ".1f")),
)
"""What can be told of a set without truth."""
PICTURE_COLUMNS = (
    Column("RMSE", _of_fidelity("rmse", ".4f")),
    Column("PSNR", _of_fidelity("psnr", ".1f")),
    Column("SSIM", _of_fidelity("ssim", ".3f")),
    Column("F-measure", _of_fidelity("f_measure", ".1f")),
    Column("pseudo-F", _of_fidelity("pseudo_f", ".1f")),
    Column("DRD", _of_fidelity("drd", ".2f")),
)
"""What is known of a set with clean twins."""
PART_COLUMNS = (Column("parts harmed", lambda row, _: harmed_of(row)),)
"""What is known of a set with pictures, panels, stamps or codes."""
COST_COLUMNS = (
    Column("s clean", lambda row, _: f"{row.treat.seconds:.2f}"),
    Column("MB clean", lambda row, _: _megabytes(row.treat.peak_mb)),
    Column("s OCR", lambda row, _: f"{row.ocr.seconds:.2f}"),
    Column("MB OCR", lambda row, _: _megabytes(row.ocr.peak_mb)),
)


def _megabytes(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def columns_of(one: SetSummary) -> tuple[Column, ...]:
    """Return the columns that hold something for a set."""
    columns: tuple[Column, ...] = TEXT_COLUMNS if one.labelled else SIGN_COLUMNS
    if any(row.fidelity for row in one.totals):
        columns += PICTURE_COLUMNS
    if any(row.parts for row in one.totals):
        columns += PART_COLUMNS
    return columns + COST_COLUMNS
