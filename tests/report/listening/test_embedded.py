"""What the section Listen puts into the page: names that cannot end its script, answers in thousandths, a map of clips."""

import json
import re

import numpy as np
import pandas as pd
from support import heard

from dalsegno.artefacts.features_parquet import FeatureTable
from dalsegno.report.listening import choose, feature_map, listening
from dalsegno.report.listening.relatives import Family
from dalsegno.report.listening.section import embedded

HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 $x# *爵士*"


def family(names):
    splits = pd.DataFrame({"clip_id": names, "label": "blues", "group": "", "fold0": "test"})
    copies = pd.DataFrame(columns=["clip_id_a", "clip_id_b", "kind", "similarity"])
    return Family(splits, copies, splits[["clip_id"]].assign(fold=0))


def content(**given):
    a = heard.answers([0, 1, 2], [[0, 1, 2], [1, 1, 2]], **given)
    return listening.content(
        a, choose.choose(a), {"0": {"picture": "", "outline": "M0 50Z"}}, family(a.clip_ids), None, None
    )


def test_no_name_ends_the_script_that_holds_it():
    data = content(names=[HOSTILE, "b", "c"])
    text = str(embedded.embedded(data, {})["data"])
    assert not re.search(r"[<>&\u2028]", text)
    assert json.loads(text)["clips"] == [HOSTILE, "b", "c"]
    assert "map" not in json.loads(text)


def test_models_stand_under_the_names_of_the_page():
    shown = embedded.embedded(content(models=["mlp/a", "mlp/b"]), {"mlp/a": "mlp/a (LEAKY)"})
    assert shown["models"] == json.loads(shown["data"])["models"] == ["mlp/a (LEAKY)", "mlp/b"]
    assert shown["shown"] == "looks"
    assert embedded.embedded(None, {}) is None


def test_answers_are_kept_in_thousandths():
    data = content()
    assert data["best"][1][:4] == [1, 600, 0, 200]
    assert data["own"] == [[600, 600, 600], [200, 600, 600]]


def table(n, classes=3):
    x = np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)
    ids = np.array([f"clip{i:03d}" for i in range(n)])
    return FeatureTable(x, ids, list("abcdef"), np.zeros(n, int)), {
        i: f"class $ {k % classes}" for k, i in enumerate(ids)
    }


def test_a_map_tells_classes_by_shape_and_names_them():
    rows, labels = table(60)
    svg, narrow, share = feature_map.draw(rows, pd.Series(labels))
    assert 0 < share < 1 and narrow != svg == feature_map.draw(rows, pd.Series(labels))[0]
    assert all(f"class $ {k}" in svg for k in range(3))
    many, labels = table(600, 300)
    assert "other classes" in feature_map.draw(many, pd.Series(labels))[0]
    few, labels = table(2)
    assert feature_map.draw(few, pd.Series(labels)) is None
