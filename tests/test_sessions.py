"""Sessions share the memory of a process."""

import subprocess
import sys

import numpy as np
import pytest

from docclean.clean.network import WEIGHTS
from docclean.sessions import session

PEAK = """
import numpy as np
from docclean import sessions
if {apart}:
    sessions._has_shared_memory = lambda: False
two = [sessions.session({path!r}, 1) for _ in range(2)]
tiles = np.zeros((1, 1600, 1600), np.uint8)
for one in two:
    one.run(None, {{"tiles": tiles, "seen": tiles}})
told = open("/proc/self/status").read().partition("VmHWM:")[2]
print(int(told.split()[0]) // 1000)
"""


def peak(apart: bool) -> int:
    code = PEAK.format(apart=apart, path=str(WEIGHTS / "small.onnx"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_two_networks_take_the_memory_of_one():
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux's /proc")
    assert peak(apart=False) < peak(apart=True) - 80  # MB


def test_what_a_network_worked_in_is_given_back():
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux's /proc")
    code = """
import numpy as np
from docclean import sessions
def held():
    return int(open("/proc/self/status").read().partition("VmRSS:")[2].split()[0]) // 1000
one = sessions.session({path!r}, 1)
tiles, before = np.zeros((1, 1600, 1600), np.uint8), held()
for _ in range(2):
    one.run(None, {{"tiles": tiles, "seen": tiles}})
    during = held()
    sessions.give_back()
    print(during - before, held() - before)
"""
    code = code.format(path=str(WEIGHTS / "small.onnx"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        during, after = map(int, line.split())
        assert during > 120  # MB
        assert after < 25


def test_a_session_runs_with_the_threads_it_is_given():
    tiles = np.full((1, 64, 96), 200, np.uint8)
    one = session(WEIGHTS / "small.onnx", 1)
    assert (one.run(None, {"tiles": tiles, "seen": tiles})[0] > 250).all()
    assert one.get_session_options().intra_op_num_threads == 1
