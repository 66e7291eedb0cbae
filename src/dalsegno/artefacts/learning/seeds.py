"""The seeds of a model, by which its runs are told apart: one run per fold and seed."""

from typing import Annotated

from pydantic import AfterValidator, Field

Seed = Annotated[int, Field(ge=0, lt=2**32)]  # as NumPy, PyTorch and scikit-learn take it


def _distinct(seeds: tuple[int, ...]) -> tuple[int, ...]:
    if twice := [seed for i, seed in enumerate(seeds) if seed in seeds[:i]]:
        raise ValueError(f"{twice[0]} stands there twice, which would train the same model twice; leave one out")
    return seeds


Seeds = Annotated[tuple[Seed, ...], Field(min_length=1), AfterValidator(_distinct)]
