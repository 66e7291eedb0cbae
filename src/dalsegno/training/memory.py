"""A GPU whose memory is not enough, in words of what can be lowered."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from dalsegno.pipeline.errors import UserError


@contextmanager
def enough(advice: str) -> Iterator[None]:
    """Raise UserError with `advice`, such as `lower train.batch_size`, if what is done meets the end of a GPU's memory."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        asked = str(error).split(". ")[1:2]
        more = f" ({asked[0]})" if asked else ""
        raise UserError(f"the GPU has not enough memory{more}: {advice}, or set runtime.device to cpu") from None
