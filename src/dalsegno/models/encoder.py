"""An encoder of one's own: `weights` names a Python file with `embed(samples, sample_rate_hz) -> (frames, dims)`.

It stays frozen: an entry of `embeddings` runs it, and heads are trained on what it gives.
"""

from typing import NoReturn

from dalsegno.pipeline.params import section


@section
class Params:
    """`model:` of `arch: encoder`: there is nothing to set, what it needs stands in its file."""


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> NoReturn:
    """Raises ValueError: there is no network here to be trained."""
    raise ValueError(
        "an encoder of one's own stays frozen: name it in an entry of embeddings, and that in `input` of one of transfer"
    )
