"""Sessions of ONNX Runtime: with one memory for all of a process, and threads that sleep."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

ON_PROCESSOR = ("CPUExecutionProvider",)


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


@cache
def _has_shared_memory() -> bool:
    """Give this process one arena that its sessions share: a tenth of the peak; say whether."""
    import onnxruntime

    try:
        arena = {"max_mem": 0, "arena_extend_strategy": 0}
        limits = {"initial_chunk_size_bytes": -1, "max_dead_bytes_per_chunk": -1}
        kind, use = onnxruntime.OrtAllocatorType, onnxruntime.OrtMemType
        where = onnxruntime.OrtMemoryInfo("Cpu", kind.ORT_ARENA_ALLOCATOR, 0, use.DEFAULT)
        onnxruntime.create_and_register_allocator(where, onnxruntime.OrtArenaCfg(arena | limits))
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return False  # an older onnxruntime, or somebody else has registered one
    return True
