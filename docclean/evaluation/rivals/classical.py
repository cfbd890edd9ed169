"""The classical baselines every learned cleaner has to beat: divide the page by its background.

Which of the two is the fiercer one depends on the page, so a cleaner is measured against both.
Tesseract 5.3, CER over all pages of a benchmark set:

| set               | grey   | median first | dilation first |
|-------------------|--------|--------------|----------------|
| dirty-documents   |  3.5 % |    1.3 %     |     2.2 %      | (RMSE 0.158, 0.051, 0.078)
| receipts-eng      |  9.0 % |   12.7 %     |     9.8 %      |
| typewritten-ces   | 11.9 % |   10.0 %     |     6.8 %      |
| typewritten-deu   |  4.5 % |    4.6 %     |     4.0 %      |
"""

import cv2
import numpy as np

from docclean.page import Image

MEDIAN = 21
"""Side of the median window, px, odd."""

SMALL_DILATION = 3
"""Side of the square that follows a median, px: it makes up for letters the median still saw."""

LARGE_DILATION = 7
"""Side of the square that precedes a median, px: it swallows strokes up to 6 px thick."""

STRIP = 1024
"""Rows divided at a time, so a large page needs no page-sized wide integers."""


def median_background(grey: Image) -> Image:
    """Estimate paper by a median, then dilate: (H, W) uint8 -> (H, W) uint8.

    A median sees paper wherever ink covers less than half its window, and follows the rim of a
    stain closely; dense or bold type it takes for paper.
    """
    return _dilate(np.asarray(cv2.medianBlur(grey, MEDIAN), np.uint8), SMALL_DILATION)


def dilated_background(grey: Image) -> Image:
    """Dilate strokes away, then smooth by a median: (H, W) uint8 -> (H, W) uint8.

    Safe with dense type on large scans; the rim of a dark stain stays dark.
    """
    return np.asarray(cv2.medianBlur(_dilate(grey, LARGE_DILATION), MEDIAN), np.uint8)


def divide_background(grey: Image) -> Image:
    """Divide a page by its median background: (H, W) uint8 -> (H, W) uint8."""
    return divide(grey, median_background(grey))


def divide_dilated(grey: Image) -> Image:
    """Divide a page by its dilated background: (H, W) uint8 -> (H, W) uint8."""
    return divide(grey, dilated_background(grey))


def divide(grey: Image, paper: Image) -> Image:
    """Return 255 * page / paper, rounded and clipped; (H, W) uint8, as are both inputs.

    Light multiplies what paper and ink reflect, so dividing by the paper takes shadows, stains and
    yellowing away and leaves the ratio of ink to paper.
    """
    clean = np.empty_like(grey)
    for top in range(0, grey.shape[0], STRIP):
        rows = slice(top, top + STRIP)
        clean[rows] = cv2.divide(grey[rows], np.maximum(paper[rows], 1), scale=255)
    return clean


def _dilate(grey: Image, side: int) -> Image:
    """Give every pixel the brightest value of the square around it."""
    return np.asarray(cv2.dilate(grey, np.ones((side, side), np.uint8)), np.uint8)
