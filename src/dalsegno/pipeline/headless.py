"""matplotlib without a screen: it is imported and draws wherever a stage runs, from a notebook as well."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_backend() -> Iterator[None]:
    """Hide MPLBACKEND while matplotlib is imported.

    A notebook names its own backend there, and where that is not installed, the import of matplotlib itself fails.
    Nothing here shows a figure, so no backend is needed.
    """
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
