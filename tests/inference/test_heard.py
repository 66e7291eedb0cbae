"""What the best network hears, asked of the real networks of a run; and what the page says of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.easy_task import stage
from torch.utils.flop_counter import FlopCounterMode

from dalsegno.report.listening import heard, network

FAMILIES = ("classical", "mlp", "cnn", "transfer")


DATA = [f"data/{name}" for name in ("clips.csv", "copies.csv", "splits.csv", "features.parquet")]


def listen(explained):
    asked_for(explained)
    stage("listen")(*DATA, "runs", "reports/listening.json", *FAMILIES)
    return json.loads(Path("reports/listening.json").read_text())


def asked_for(explained):
    doc = yaml.safe_load(Path("params.yaml").read_text()) | {"report": {"audio": False, "explained": explained}}
    Path("params.yaml").write_text(yaml.safe_dump(doc, sort_keys=False))


def test_the_most_accurate_network_is_asked_by_the_folds_that_held_the_clip_out(run):
    content = listen(1)
    told, models = content["heard"], content["models"]
    networks = [name for name in models if name.startswith(("cnn", "transfer")) and name != "cnn/wave"]
    assert told["model"] == networks[0] and told["passed"] == []
    best = content["best"][models.index(told["model"])]
    per_clip = len(best) // len(content["clips"])
    assert len({one["clip"] for one in told["clips"]}) == len(told["clips"]) >= len(content["classes"])
    for one in told["clips"]:
        called, p, *_ = best[one["clip"] * per_clip :]
        assert (one["called"], one["p"]) == (called, pytest.approx(p, abs=1))  # as it was predicted when it was scored
        assert 0 <= one["from_s"] < one["to_s"] <= 1.6 and 1 <= one["band"] <= one["bands"] == 4
    right = [content["labels"][one["clip"]] == one["called"] for one in told["clips"]]
    assert right == sorted(right, reverse=True)


def test_the_same_bytes_twice(run):
    assert listen(1) == listen(1)


def test_none_is_asked_if_none_is_wanted(run):
    assert listen(0)["heard"] is None


def test_a_network_beyond_the_budget_is_passed_over_and_named(run, monkeypatch):
    first = listen(1)["heard"]["model"]
    operations = heard.Network.operations
    monkeypatch.setattr(
        heard.Network, "operations",
        lambda self, item: 10**15 if first in str(self.stored.path) else operations(self, item),
    )  # fmt: skip
    told = listen(1)["heard"]
    assert told["passed"] == [first] and told["model"] != first
    monkeypatch.setattr(heard, "BUDGET", 1.0)
    assert listen(1)["heard"] is None


def test_operations_are_counted_as_pytorch_counts_them(run, monkeypatch):
    """Up to products outside any layer, which are few."""
    counted, operations = {}, network.Network.operations

    def both(self, item):
        self.store(item)  # builds the network, which asks it about sizes
        with FlopCounterMode(display=False) as counter:
            ours = operations(self, item)
        counted[self.stored.path] = (ours, counter.get_total_flops())
        return 10**15  # on to the next network

    monkeypatch.setattr(network.Network, "operations", both)
    listen(1)
    assert len(counted) > 3
    assert all(ours == pytest.approx(theirs, rel=0.1) for ours, theirs in counted.values()), counted


def test_the_compiler_of_pytorch_is_not_imported(run):
    """It takes a second or two, and PyTorch's own counter of operations imports it."""
    asked_for(1)
    script, told = Path(__file__).parents[2] / "stages" / "listen.py", Path("reports/listening.json")
    told.unlink(missing_ok=True)
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", script, *DATA, "runs", told, *FAMILIES],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0 and json.loads(told.read_text())["heard"], ran.stderr[-2000:]
    imported = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time")}
    assert "torch" in imported and not {"torch._dynamo", "torch._inductor", "triton", "sympy"} & imported


def test_a_clip_that_vanished_is_left_out(run):
    told = listen(1)["heard"]
    content = json.loads(Path("reports/listening.json").read_text())
    lost = content["clips"][told["clips"][0]["clip"]]
    file = next(path for path in Path("sounds").rglob("*") if path.is_file() and lost == clip_id(path))
    moved = file.rename(file.with_name(f".{file.name}"))
    try:
        assert [one["clip"] for one in listen(1)["heard"]["clips"]] == [one["clip"] for one in told["clips"][1:]]
    finally:
        moved.rename(file)


def clip_id(path):
    rows = [line.split(",") for line in Path("data/clips.csv").read_text().splitlines()]
    return next(row[0] for row in rows if row[1] == path.relative_to("sounds").as_posix())
