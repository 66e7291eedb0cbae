"""The stage `final` in several processes where the stage of its model trains in several."""

import pytest
import yaml
from support.easy_task import stage

from dalsegno.final import recipe
from dalsegno.pipeline.cluster import ranks
from dalsegno.pipeline.errors import UserError


@pytest.mark.parametrize(
    ("name", "several"), [("cnn/a", True), ("transfer/a", True), ("mlp/a", False), ("classical/a", False)]
)
def test_what_its_own_stage_trains_in_several_processes_is_trained_so_again(tmp_path, monkeypatch, name, several):
    monkeypatch.chdir(tmp_path)
    doc = {"runtime": {"processes": 2, "device": "cpu"}, "final": {"last": {"model": name}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(doc))
    started = []

    def stop(*_):
        raise UserError("far enough")

    monkeypatch.setattr(ranks, "start", started.append)
    monkeypatch.setattr(recipe, "read", stop)
    with pytest.raises(UserError, match=r"final\.last: far enough"):
        stage("final")("last", "data", "splits.csv", "runs", "out")
    assert started == ([2] if several else [])
