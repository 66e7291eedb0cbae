"""Ranges of numbers that params.yaml may give to training."""

from typing import Annotated

from pydantic import Field

LARGEST = 1e19  # a product of two still fits in 32 bits
Share = Annotated[float, Field(ge=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, le=LARGEST)]
NotNegative = Annotated[float, Field(ge=0, le=LARGEST)]
Count = Annotated[int, Field(ge=1)]
