"""JSON that DVC can hold: rounded, finite, in order."""

import json
import math

import numpy as np
import pytest

from dalsegno.artefacts.learning import json_file


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.float32("nan"), [1, {"a": np.float64("inf")}]])
def test_json_refuses_what_is_no_number_and_writes_nothing(tmp_path, bad):
    with pytest.raises(ValueError, match="refusing to write it"):
        json_file.write(tmp_path / "m.json", {"figure": bad})
    assert not list(tmp_path.iterdir())


def test_json_is_rounded_ordered_and_plain(tmp_path):
    data = {"b": 1 / 3, "a": np.float32(0.1), "n": np.int64(3), "t": (True, None), 7: "Jöricke"}
    json_file.write(tmp_path / "m.json", data)
    text = (tmp_path / "m.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"b": 0.333333, "a": 0.1, "n": 3, "t": [True, None], "7": "Jöricke"}
    assert list(json.loads(text)) == ["b", "a", "n", "t", "7"] and "Jöricke" in text and text.endswith("}\n")
