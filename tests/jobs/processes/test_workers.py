"""The pool: order, one retry alone, its own processes only, and how they unwind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from docclean.errors import DoccleanError
from docclean.jobs.processes.workers import Died, Workers


def nothing():
    return None


def squared(_, number):
    time.sleep(0.05 * (number % 3))
    return number * number


def deadly(folder: Path, _, number):
    """Die of 2 each time, of 3 the first time alone."""
    seen = folder / str(number)
    first = not seen.exists()
    seen.touch()
    if number == 2 or (number == 3 and first):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def started(folder: Path):
    (folder / f"started-{os.getpid()}").touch()
    return os.getpid()


def own_state(state, _):
    return state, os.getpid()


def broken(_, number):
    raise ValueError(f"a fault of {number}")


def writes_aside(folder: Path, _, number):
    part = folder / f"{number}.part"
    part.touch()
    try:
        time.sleep(30)
    finally:
        part.unlink()


def test_results_come_in_order():
    numbers = list(range(20))
    with Workers(2, nothing) as workers:
        assert list(workers.in_order(squared, numbers)) == [n * n for n in numbers]


def test_a_deadly_task_costs_itself_and_is_tried_once_more(tmp_path):
    work = partial(deadly, tmp_path)
    with Workers(2, nothing) as workers:
        done = list(workers.in_order(work, range(6)))
    assert done == [0, 1, Died(-signal.SIGKILL), 3, 4, 5]


def test_each_process_makes_its_state_once(tmp_path):
    with Workers(2, partial(started, tmp_path)) as workers:
        pairs = list(workers.in_order(own_state, range(12)))
    assert all(state == pid for state, pid in pairs)
    assert len(list(tmp_path.iterdir())) == len({pid for _, pid in pairs}) <= 2


def test_a_fault_of_the_work_is_raised_and_ends_only_our_own_processes():
    """Where docclean is a guest, the host's processes are none of its business."""
    context = multiprocessing.get_context("spawn")
    host = context.Process(target=time.sleep, args=(60,), daemon=True)
    host.start()
    try:
        with pytest.raises(ValueError, match="a fault of"), Workers(2, nothing) as workers:
            list(workers.in_order(broken, range(4)))
        assert host.is_alive()
        assert multiprocessing.active_children() == [host]
    finally:
        host.kill()
        host.join()


def test_stopped_processes_unwind(tmp_path):
    with pytest.raises(KeyboardInterrupt), Workers(2, nothing) as workers:
        workers.give(partial(writes_aside, tmp_path), 9)
        deadline = time.monotonic() + 20
        while not list(tmp_path.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert workers.free == 1
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_killed_parent_leaves_no_process_and_no_temporary_file(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\nfrom functools import partial\nfrom pathlib import Path\n"
        "from docclean.jobs.processes.workers import Workers\n"
        "from test_workers import nothing, writes_aside\n"
        "if __name__ == '__main__':\n"
        "    with Workers(2, nothing) as workers:\n"
        "        list(workers.in_order(partial(writes_aside, Path(sys.argv[1])), range(4)))\n"
    )
    aside = tmp_path / "aside"
    aside.mkdir()
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, script, aside], env={**os.environ, "PYTHONPATH": paths}
    ) as parent:
        deadline = time.monotonic() + 30
        while len(list(aside.iterdir())) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        parent.kill()
    deadline = time.monotonic() + 10
    while list(aside.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_process_is_renewed_after_so_many_tasks():
    with Workers(1, nothing, renewed=3) as workers:
        pids = [pid for _, pid in workers.in_order(own_state, range(8))]
    assert [pids.index(pid) // 3 for pid in pids] == [0, 0, 0, 1, 1, 1, 2, 2]


def test_a_process_that_is_killed_while_it_has_nothing_to_do_is_replaced():
    with Workers(1, nothing) as workers:
        (first,) = (pid for _, pid in workers.in_order(own_state, [0]))
        os.kill(first, signal.SIGKILL)
        time.sleep(0.5)
        (second,) = (pid for _, pid in workers.in_order(own_state, [0]))
    assert first != second


def test_processes_that_die_as_they_start_are_given_up():
    with (
        pytest.raises(DoccleanError, match="die before they begin"),
        Workers(1, nothing, memory=1 << 20) as workers,
    ):
        list(workers.in_order(squared, [1]))


def sleeping(_, seconds):
    time.sleep(seconds)
    return seconds


def test_one_task_can_be_stopped_and_its_process_is_replaced():
    long, short = 60.0, 0.0
    with Workers(2, nothing) as workers:
        workers.give(sleeping, long)
        workers.give(sleeping, short)
        results = dict(workers.take())
        assert workers.in_hand == [long]
        began = time.monotonic()
        while long not in results:
            assert time.monotonic() - began < 30
            workers.stop(long)  # it may not have begun yet
            results |= dict(workers.take(0.1))
        assert isinstance(results[long], Died) and results[short] == short
        workers.give(sleeping, short)
        workers.give(sleeping, short + 0.01)
        while workers.in_hand:
            assert all(not isinstance(result, Died) for _, result in workers.take())
