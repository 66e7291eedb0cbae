"""What tests/conftest.py promises: a value of another type, and an array of another shape, are refused where they are given."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from dalsegno.sound import decibels


def test_another_type_is_refused_where_no_shape_is_named():
    decibels.check_window(None, 256, 1024)
    with pytest.raises(TypeError, match="win_length='1024'"):
        decibels.check_window("1024", 256, 1024)


def test_another_shape_is_refused():
    power, peak = np.ones((3, 4), np.float32), np.zeros(1, np.float32)
    assert decibels.encode(power, peak, 80.0, "uint8").shape == (3, 4)
    with pytest.raises(TypeCheckError, match="peak_db"):
        decibels.encode(power, peak[None], 80.0, "uint8")
