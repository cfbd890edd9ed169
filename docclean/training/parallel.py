"""Several processes learning one network: `torchrun --nproc-per-node 2 -m docclean train ...`.

Each process makes its own patches and takes the same step: gradients are averaged, so the networks
stay equal. Only the first process writes.
"""

import os
from dataclasses import dataclass

import torch
from torch import distributed, nn


@dataclass(frozen=True)
class Team:
    """This process among those that train together."""

    rank: int = 0
    size: int = 1

    @classmethod
    def join(cls, device: torch.device) -> "Team":
        """Join the processes torchrun started; alone where it started none."""
        if int(os.environ.get("WORLD_SIZE", "1")) < 2:
            return cls()
        if not distributed.is_initialized():
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return cls(distributed.get_rank(), distributed.get_world_size())

    def average(self, network: nn.Module, done: bool) -> bool:
        """Average the gradients over the team; return whether any process is done."""
        if self.size == 1:
            return done
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flag = gradients[0].new_tensor([float(done)])
        flat = torch.cat([flag, *(gradient.flatten() for gradient in gradients)])
        distributed.all_reduce(flat)
        start = 1
        for gradient in gradients:
            mean = flat[start : start + gradient.numel()] / self.size
            gradient.copy_(mean.view_as(gradient))
            start += gradient.numel()
        return bool(flat[0] > 0)

    def wait(self) -> None:
        """Wait until every process of the team is here."""
        if self.size > 1:
            distributed.barrier()
