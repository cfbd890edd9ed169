"""Several processes learning one network: `torchrun --nproc-per-node 2 -m docclean train ...`.

Lightning Fabric joins them, averages their gradients while they are computed, and brings mixed
precision; each process makes its own patches. Only the first one writes.
"""

import os
from dataclasses import dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision import MixedPrecision
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, distributed, nn
from torch.optim import Optimizer


@dataclass(frozen=True)
class Team:
    """This process among those that train together."""

    fabric: Fabric
    rank: int = 0
    size: int = 1

    @classmethod
    def join(cls) -> "Team":
        """Join the processes torchrun started; alone where it started none."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        here = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if size > 1 else 1
        fabric = Fabric(
            accelerator="cuda" if torch.cuda.is_available() else "cpu",
            devices=here,
            num_nodes=size // here,
            strategy=DDPStrategy(broadcast_buffers=False) if size > 1 else "auto",
            **_precision(),
        )
        fabric.launch()
        return cls(fabric, fabric.global_rank, fabric.world_size)

    @property
    def device(self) -> torch.device:
        """The device of this process."""
        return self.fabric.device

    @property
    def scaler(self) -> Any:
        """The gradient scaler of half precision, None elsewhere."""
        return getattr(self.fabric.strategy.precision, "scaler", None)

    def share(self, module: nn.Module, optimizer: Optimizer) -> tuple[nn.Module, Optimizer]:
        """Return both as the team uses them; the weights of the first process go to all."""
        together, stepping = self.fabric.setup(module, optimizer)
        return together, stepping

    def learn(self, module: nn.Module, optimizer: Optimizer, loss: Tensor, clip: float) -> None:
        """Take one step down the team's mean gradient, at most `clip` long."""
        optimizer.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        # half precision meets infinite gradients now and then, and skips those steps by itself
        self.fabric.clip_gradients(module, optimizer, max_norm=clip, error_if_nonfinite=False)
        optimizer.step()

    def any(self, flag: bool) -> bool:
        """Tell whether the flag is up in any process: all get the same answer."""
        if self.size == 1:
            return flag
        mine = torch.tensor(float(flag), device=self.device)
        told = self.fabric.all_reduce(mine, reduce_op="sum")
        assert isinstance(told, Tensor)
        return bool(told > 0)

    def wait(self) -> None:
        """Wait until every process of the team is here."""
        self.fabric.barrier()

    def leave(self) -> None:
        """Part when all are done: a process that ends early takes the others' connections away."""
        if self.size > 1:
            self.wait()
            distributed.destroy_process_group()


class _Autocast(MixedPrecision):
    """Mixed precision that leaves pages as they are: bfloat16 cannot tell 256 greys apart."""

    def convert_input(self, data: Any) -> Any:
        """Return the batch unrounded; autocast rounds it where a layer gains by that."""
        return data


def _precision() -> dict[str, Any]:
    """Return the fastest precision that is safe here, as Fabric's arguments.

    bfloat16 where the processor has instructions for it; elsewhere on a GPU float16 with scaled
    gradients; a CPU that only imitates either is faster in float32.
    """
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        if native:
            return {"plugins": _Autocast("bf16-mixed", "cuda")}
        scaler = torch.amp.GradScaler("cuda")
        return {"plugins": _Autocast("16-mixed", "cuda", scaler)}
    native = torch.backends.mkldnn.is_available() and torch.cpu._is_avx512_bf16_supported()  # type: ignore[no-untyped-call]
    return {"plugins": _Autocast("bf16-mixed", "cpu")} if native else {"precision": "32-true"}
