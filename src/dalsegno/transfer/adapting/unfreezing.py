"""A pretrained network of which a share learns: how much, from which epoch on, and how fast."""

from torch import nn

from dalsegno.training.network import BATCH_NORMS, Model


class Unfreezing(Model):
    """A model of whose body the last `n_free` blocks learn.

    every: where it is given, the head learns alone at first, and every so many epochs one more block from the top joins
    it (gradual unfreezing: Howard and Ruder 2018, arXiv 1801.06146, §3.3); None: all `n_free` learn from the start.
    Training does not stop early, for want of progress, before the last of them has joined.
    Frozen blocks keep their weights and their batch-norm statistics. keep_statistics: blocks that learn keep the
    statistics as well.
    """

    def __init__(self, prep: nn.Module, net: nn.Module, n_free: int, every: int | None, keep_statistics: bool) -> None:
        super().__init__(prep, net)
        self.n_free, self.every, self.keep_statistics = n_free, every, keep_statistics
        self.last_change = every * n_free if every else 0
        self.begin_epoch(0)

    def begin_epoch(self, epoch: int) -> None:
        """Let those blocks learn whose turn has come in `epoch`, from 0; `train.fit` calls this."""
        n = min(self.n_free, epoch // self.every) if self.every else self.n_free
        self.n_frozen = len(self.body) - n
        for i, block in enumerate(self.body):
            block.requires_grad_(i >= self.n_frozen)

    def train(self, mode: bool = True) -> "Unfreezing":
        """Training mode for what learns, evaluation mode for what is frozen."""
        super().train(mode)
        self.body[: self.n_frozen].eval()
        for module in self.body.modules():
            if self.keep_statistics and isinstance(module, BATCH_NORMS):
                module.eval()
        return self

    def groups(self, lr: float, body_lr: float, decay: float) -> list[dict]:
        """Optimiser parameter groups of all that learns in the end: the head at `lr`, the top block at `lr * body_lr`.

        Each block below learns at `decay` times the rate of the one above it: discriminative learning rates (Howard and
        Ruder 2018, §3.2).
        """
        groups = [{"params": list(self.head.parameters()), "lr": lr}]
        for depth, block in enumerate(reversed(self.body[len(self.body) - self.n_free :])):
            groups.append({"params": list(block.parameters()), "lr": lr * body_lr * decay**depth})
        return [group for group in groups if group["params"]]
