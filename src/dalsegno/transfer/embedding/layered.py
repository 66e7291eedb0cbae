"""Which layers of a network stand side by side in its embedding."""

from typing import Any, Protocol, runtime_checkable

from dalsegno.pipeline import params


@runtime_checkable
class Layered(Protocol):
    """An architecture (module of `dalsegno.models`) that can make its embedding of several layers."""

    def widths(self, p: Any, input_shape: tuple[int, ...]) -> dict[str, int]:
        """How many numbers of the embedding each layer makes, by name, in their order."""
        ...


def widths(arch: str, p: Any, input_shape: tuple[int, ...]) -> dict[str, int]:
    """As `Layered.widths`; empty for an architecture whose embedding is one layer."""
    module = params.component("dalsegno.models", arch)
    return module.widths(p, input_shape) if isinstance(module, Layered) else {}
