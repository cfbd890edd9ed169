"""How long things take: of the processor itself where one thread works, else of the wall."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import torch


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Let torch and OpenCV use so many threads for a while."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(number)
    cv2.setNumThreads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


def seconds(action: Callable[[], Any], device: str = "cpu", rounds: int = 3) -> float:
    """Return the least of several rounds, after one that warms up.

    On the CPU with one thread it is the time of the processor, which other programs do not change.

    Args:
        action: what is measured.
        device: it runs on; is waited for.
        rounds: how often.
    """
    alone = device == "cpu" and torch.get_num_threads() == 1
    clock = time.process_time if alone else time.perf_counter
    took = []
    for _ in range(1 + rounds):
        began = clock()
        action()
        if device != "cpu":
            torch.cuda.synchronize(device)
        took.append(clock() - began)
    return max(1e-9, min(took[1:]))
