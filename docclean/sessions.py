"""Sessions of ONNX Runtime: with one memory for all of a process, and threads that sleep."""

import ctypes
import mmap
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

ON_PROCESSOR = ("CPUExecutionProvider",)
FIRST_CHUNK = 1 << 16
ARENA = {
    "max_mem": 0,
    "arena_extend_strategy": 0,
    "initial_chunk_size_bytes": FIRST_CHUNK,
    "initial_growth_chunk_size_bytes": 3 << 27,
    "max_dead_bytes_per_chunk": 1 << 20,
}
"""One chunk that a page's tile fits into with room to spare, cut where it is asked for: of chunks
that double, and of ones given away with what is left over, a fifth more is touched. What is never
touched is no memory.
"""
NOTHING = (
    b'\x08\x08:8\n\x10\n\x01a\x12\x01b"\x08Identity\x12\x00Z\x10\n\x01a\x12\x0b\n\t\x08\x02\x12\x05\n'
    b"\x03\x12\x01nb\x10\n\x01b\x12\x0b\n\t\x08\x02\x12\x05\n\x03\x12\x01nB\x04\n\x00\x10\x11"
)
"""A graph that hands back the bytes it is given."""
LARGE_PAGE = 1 << 21
"""Bytes of a large page of memory."""


def session(path: Path, threads: int | None = None, providers: Sequence[str] = ON_PROCESSOR) -> Any:
    """Load a graph.

    Args:
        path: an .onnx file.
        threads: processor threads; None uses all cores.
        providers: what may run it, best first.

    Raises:
        Exception: of onnxruntime's own making: the file is not a graph.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    # without the plan the arena gives layers each other's memory: half the peak, equal speed
    options.enable_mem_pattern = False
    # threads that wait sleep: equal speed alone, a tenth less work, and no fight beside others
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if _has_shared_memory():
        options.add_session_config_entry("session.use_env_allocators", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=list(providers))


def trim() -> None:
    """Give back to the system what was freed and the C library keeps for later: a millisecond."""
    if _malloc_trim:
        _malloc_trim(0)


_malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
"""Of glibc; others have none."""


def give_back() -> None:
    """Give the memory that networks have worked in back to the system; the next run takes it anew.

    In large pages of memory that is a thirtieth of a page's time, in small ones a tenth.
    """
    if _has_shared_memory.cache_info().currsize and _has_shared_memory():
        _shrink()
        trim()


@cache
def _has_shared_memory() -> bool:
    """Give this process one arena that its sessions share: a tenth of the peak; say whether."""
    import onnxruntime

    try:
        kind, use = onnxruntime.OrtAllocatorType, onnxruntime.OrtMemType
        where = onnxruntime.OrtMemoryInfo("Cpu", kind.ORT_ARENA_ALLOCATOR, 0, use.DEFAULT)
        onnxruntime.create_and_register_allocator(where, onnxruntime.OrtArenaCfg(ARENA))
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return False  # an older onnxruntime, or somebody else has registered one
    _shrink()  # ONNX Runtime grows by the size that is asked for only once it has shrunk
    return True


def _shrink() -> None:
    """Let the arena go of what is free, and have it take its next chunk in large pages."""
    import numpy as np
    import onnxruntime

    nothing, how = _nothing(), onnxruntime.RunOptions()
    how.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    nothing.run(None, {"a": np.zeros(1, np.uint8)}, how)
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return
    some = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(2 * FIRST_CHUNK, np.uint8))
    (held,) = nothing.run_with_ort_values(["b"], {"a": some})  # lies where the chunk begins
    first = -(-held.data_ptr() // LARGE_PAGE) * LARGE_PAGE
    size = ARENA["initial_growth_chunk_size_bytes"] - LARGE_PAGE
    # advice: where there are none, or the chunk is another one, nothing comes of it
    ctypes.CDLL(None).madvise(ctypes.c_void_p(first), ctypes.c_size_t(size), mmap.MADV_HUGEPAGE)


@cache
def _nothing() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.use_env_allocators", "1")
    return onnxruntime.InferenceSession(NOTHING, options, providers=list(ON_PROCESSOR))
