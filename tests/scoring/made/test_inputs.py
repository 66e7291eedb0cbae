"""What models read, through to the spectrograms below embeddings, and what that took."""

import json
from pathlib import Path

from dalsegno.artefacts import input_cost
from dalsegno.scoring.made import inputs

ENTRIES = {
    "classical/majority": {"estimator": "majority"},
    "classical/svm": {"estimator": "svm"},
    "cnn/conv": {"spectrogram": "mel"},
    "transfer/head": {"input": "embeddings/ours", "weights": "data/pretrain/ours/model.pt"},
    "transfer/other": {"input": "embeddings/theirs", "weights": "weights/theirs.pth"},
}


def tree(root):
    folders = {name: Path(root, "runs", name) for name in [*ENTRIES, "external/x"]}
    for name, entry in ENTRIES.items():
        folders[name].mkdir(parents=True)
        (folders[name] / "settings.json").write_text(json.dumps({"entry": entry}))
    input_cost.write(Path(root, "costs/features.json"), 4.0, 100)
    input_cost.write(Path(root, "costs/spectrograms/mel.json"), 1.0, 100)
    input_cost.write(Path(root, "costs/embeddings/ours.json"), 2.0, 100, of="spectrograms/mel")
    input_cost.write(Path(root, "costs/embeddings/theirs.json"), None, 100, of="spectrograms/mel")
    trained = {"train_s": 7.12345, "val_accuracy": 0.51234, "classes": 6, "parameters": 1e7, "versions": {}}
    Path(root, "costs/pretrain").mkdir(parents=True)
    Path(root, "costs/pretrain/ours.json").write_text(json.dumps(trained))
    return folders


def test_inputs_are_followed_to_their_own_and_counted_once(tmp_path):
    read = inputs.read(
        tree(tmp_path), {"ensembles/two": ["cnn/conv", "transfer/head"], "ensembles/odd": ["external/x", "cnn/conv"]}
    )
    costs = inputs.costs(read, tmp_path / "costs")
    assert list(costs) == ["features", "spectrograms/mel", "embeddings/ours", "pretrain/ours", "embeddings/theirs"]
    took = {name: inputs.ms_per_clip(of, costs).get("input_ms_per_clip") for name, of in read.items()}
    assert took == {
        "classical/majority": 0, "classical/svm": 40, "cnn/conv": 10, "transfer/head": 30, "transfer/other": None, "external/x": None,
        "ensembles/two": 30, "ensembles/odd": None,
    }  # fmt: skip
    assert costs["pretrain/ours"] == {"train_s": 7.12, "val_accuracy": 0.512, "classes": 6, "parameters": 10_000_000}
    assert "s" not in costs["embeddings/theirs"] and costs["embeddings/ours"]["of"] == "spectrograms/mel"
