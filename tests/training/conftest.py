"""Fixtures of the tests of training."""

from pathlib import Path

import pytest
from support.easy_task import PARAMS, easy_splits, easy_store, easy_table, stage

from dalsegno.artefacts.learning import splits_csv


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Run the stage `cnn` or `mlp`; returns the folder of the run, beside which is the one of its metrics."""
    monkeypatch.chdir(tmp_path)
    splits_csv.write("splits.csv", easy_splits())

    def run(family, name, poison=(), seed=0, epochs=1, lr=0.01, pca="null", params=PARAMS):
        values = {"SEED": seed, "EPOCHS": epochs, "LR": lr, "PCA": pca}
        for key, value in values.items():
            params = params.replace(key, str(value))
        Path("params.yaml").write_text(params)
        (easy_store if family == "cnn" else easy_table)(Path(f"data_{family}_{name}"), poison)
        stage(family)("easy", f"data_{family}_{name}", "splits.csv", f"run_{name}", f"metrics_{name}")
        return tmp_path / f"run_{name}"

    return run
