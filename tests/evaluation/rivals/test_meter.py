"""Seconds and memory: of this process, of the programs a thread starts, of nobody else's."""

import gc
import mmap
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from docclean.evaluation.rivals import meter as module
from docclean.evaluation.rivals.meter import Meter
from docclean.scores.results import Cost

HOLD = "import time; held = b'x' * {size}; time.sleep({seconds})"

needs_proc = pytest.mark.skipif(
    not list(Path("/proc/self").glob("task/*/children")), reason="needs Linux's /proc"
)


def hold(megabytes, seconds=0.15):
    code = HOLD.format(size=megabytes * 1_000_000, seconds=seconds)
    return [sys.executable, "-S", "-c", code]


def sampler_ended():
    for _ in range(100):
        if module._sampler is None:
            return True
        time.sleep(0.01)
    return False


def wait_for(seen, seconds=10):
    """On a busy machine the sampler's thread may be late."""
    end = time.monotonic() + seconds
    while not seen() and time.monotonic() < end:
        time.sleep(0.02)


def test_seconds_are_those_of_the_block():
    meter = Meter()
    assert meter.cost == Cost()
    with meter:
        time.sleep(0.05)
    assert 0.05 <= meter.cost.seconds < 1


def test_a_failing_block_is_measured_all_the_same():
    meter = Meter()
    with pytest.raises(ZeroDivisionError), meter:
        time.sleep(0.01)
        raise ZeroDivisionError
    assert meter.cost.seconds >= 0.01
    assert sampler_ended()


@needs_proc
def test_memory_of_this_process_that_is_given_back_is_seen():
    gc.collect()  # what earlier tests left is not given back in the middle
    with Meter() as before:
        pass
    with Meter() as meter:
        held = mmap.mmap(-1, 60_000_000)  # a heap with room to spare would not grow
        held.write(bytes(60_000_000))
        wait_for(lambda: meter._own > (before.cost.peak_mb + 50) * 1_000_000)
        held.close()
    assert meter.cost.peak_mb > before.cost.peak_mb + 50


@needs_proc
def test_a_program_counts_instead_of_this_process():
    ours = np.ones(150_000_000, np.uint8)
    with Meter() as meter:
        subprocess.run(hold(40), check=True)
    assert 40 <= meter.cost.peak_mb < 100
    del ours


@needs_proc
def test_what_a_program_starts_is_added():
    inner = f"import subprocess; subprocess.run({hold(30)!r})"
    with Meter() as meter:
        subprocess.run([sys.executable, "-S", "-c", inner], check=True)
    assert 35 <= meter.cost.peak_mb < 90  # 30 and two interpreters


@needs_proc
def test_what_a_thread_of_a_program_starts_is_added():
    inner = (
        "import subprocess, threading\n"
        f"one = threading.Thread(target=subprocess.run, args=({hold(30)!r},))\n"
        "one.start(); one.join()"
    )
    with Meter() as meter:
        subprocess.run([sys.executable, "-S", "-c", inner], check=True)
    assert 35 <= meter.cost.peak_mb < 90


@needs_proc
def test_threads_measure_their_own_programs_at_the_same_time():
    costs = {}

    def measure(megabytes):
        with Meter() as meter:
            subprocess.run(hold(megabytes), check=True)
        costs[megabytes] = meter.cost.peak_mb

    threads = [threading.Thread(target=measure, args=(size,)) for size in (20, 70)]
    for thread in threads:
        thread.start()
    with Meter() as idle:
        for thread in threads:
            thread.join()
    assert 20 <= costs[20] < 60 and 70 <= costs[70] < 110
    assert idle.cost.peak_mb > 0  # this process: it started nothing
    assert idle.cost.peak_mb not in costs.values()


@needs_proc
def test_a_program_that_ran_before_is_not_counted():
    running = subprocess.Popen(hold(20, 30))
    try:
        with Meter() as meter:
            time.sleep(0.06)
        assert meter._programs == 0
    finally:
        running.kill()
        running.wait()


@needs_proc
def test_one_sampler_serves_all_and_ends_with_the_last():
    assert sampler_ended()
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    with Meter():
        first = module._sampler
        with Meter():
            time.sleep(0.03)
            assert module._sampler is first and first.daemon
            assert sum(one.name == "docclean-meter" for one in threading.enumerate()) == 1
    assert sampler_ended()
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_without_proc_memory_is_not_told(monkeypatch):
    monkeypatch.setattr(
        module._File, "__init__", lambda self, path: setattr(self, "descriptor", -1)
    )
    with Meter() as meter:
        time.sleep(0.03)
    assert meter.cost.seconds > 0 and meter.cost.peak_mb is None
