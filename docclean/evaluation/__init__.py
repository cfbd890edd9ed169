"""Does cleaning help OCR? Folder in, contenders run, readings compared, a report out."""

from docclean.evaluation.comparison import evaluate
from docclean.report.report import Report

__all__ = ["Report", "evaluate"]
