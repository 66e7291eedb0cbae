"""A pretrained network under a new head, of which a share learns: how much, from when on, and how fast."""

from torch import nn

from dalsegno.training.network import Model


class Unfreezing(Model):
    """A model of whose body the last `n_free` blocks learn.

    every: not at once, but one more after so many epochs, from the top (gradual unfreezing: Howard and Ruder 2018,
    arXiv 1801.06146, §3.3). Frozen blocks keep their weights and their batch-norm statistics; those that learn keep
    the statistics if `still`.
    """

    def __init__(self, prep: nn.Module, net: nn.Module, n_free: int, every: int | None, still: bool) -> None:
        super().__init__(prep, net)
        self.n_free, self.every, self.still = n_free, every, still
        self.begin_epoch(0)

    def begin_epoch(self, epoch: int) -> None:
        """Let the blocks learn whose turn it is; `train.fit` calls this."""
        n = min(self.n_free, epoch // self.every) if self.every else self.n_free
        self.n_frozen = len(self.net.body) - n
        for i, block in enumerate(self.net.body):
            block.requires_grad_(i >= self.n_frozen)

    def train(self, mode: bool = True) -> "Unfreezing":
        super().train(mode)
        self.net.body[: self.n_frozen].eval()
        for module in self.net.body.modules():
            if self.still and isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self

    def groups(self, lr: float, body_lr: float, decay: float) -> list[dict]:
        """Parameter groups of all that learns in the end: the head at `lr`, the uppermost block at a share `body_lr`.

        Each block below has the share `decay` of the rate of the one above it: discriminative learning rates (Howard
        and Ruder 2018, §3.2).
        """
        groups = [{"params": list(self.net.head.parameters()), "lr": lr}]
        for depth, block in enumerate(reversed(self.net.body[len(self.net.body) - self.n_free :])):
            groups.append({"params": list(block.parameters()), "lr": lr * body_lr * decay**depth})
        return [group for group in groups if group["params"]]
