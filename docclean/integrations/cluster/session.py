"""The connection to Ray: quiet, without a dashboard, and telling nobody."""

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from docclean.errors import DoccleanError

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
}
"""Ray's own words would go to stdout, where results go; the last one drops them."""
RAY_FOLDER = tempfile.gettempdir()
"""Ray's own files do not go into a run's temporary folder: names of sockets must be short."""
STORE = 200 << 20
"""Bytes of shared memory for a Ray that starts here: rows are small."""


def check_installed() -> None:
    """Say before the work that Ray is missing.

    Raises:
        ModuleNotFoundError: it is.
    """
    if find_spec("ray") is None:
        raise ModuleNotFoundError("No module named 'ray'", name="ray")


@contextmanager
def connected(address: str | None, cpus: int) -> Iterator[None]:
    """Connect to a cluster for the block, or start Ray on this machine.

    A connection that is there already is used, and stays.

    Args:
        address: of a cluster, `auto` for one that runs here; None: `RAY_ADDRESS`, or a new Ray.
        cpus: how many it has at least where it starts here.

    Raises:
        DoccleanError: no cluster answers there.
        ModuleNotFoundError: Ray is not installed.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("RAY_TMPDIR", RAY_FOLDER)
    with silent():
        import ray

        ours = not ray.is_initialized()
        if ours:
            _connect(address or os.environ.get("RAY_ADDRESS"), cpus)
    try:
        yield
    finally:
        if ours:
            ray.shutdown()


def _connect(address: str | None, cpus: int) -> None:
    import ray

    there = {"address": address} if address else {}
    here = {
        "num_cpus": max(cpus, os.cpu_count() or 1),
        "object_store_memory": STORE,
        "include_dashboard": False,
    }
    try:
        ray.init(**(there or here), log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise DoccleanError(
            f"no Ray answers at {address or 'this machine'} ({why}); check --address, "
            "or leave it out to start one here"
        ) from error


@contextmanager
def silent() -> Iterator[None]:
    """Hold back what Ray warns of itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
