"""Train a backbone on another data set: the weights that transfer starts from."""

from pathlib import Path

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.artefacts.learning import json_file
from dalsegno.clips import dataset, examine
from dalsegno.clips.tree.unchanged import unchanged
from dalsegno.families.convolutional import cnn
from dalsegno.pipeline import files, params, runtime, stage
from dalsegno.pipeline.cluster import ranks
from dalsegno.pipeline.params import section
from dalsegno.sound import storing
from dalsegno.splits import assign
from dalsegno.splits.protocol import Protocol


@section
class Params(cnn.Params):
    """An entry under `pretrain:`; its `spectrogram` is one that transfer uses, so that the backbone hears the same."""

    dataset: dataset.Params
    splits: Protocol


def main(key: str, run_dir: str, metrics_dir: str, cost_json: str) -> None:
    p = params.variant(key, pretrain=Params)
    r = params.load(runtime=runtime.Runtime)
    device = r.training_device()
    sound = params.variant(p.spectrogram, spectrograms=storing.Params)
    with unchanged(Path(p.dataset.root)):
        examination = examine.examine(Path(p.dataset.root), p.dataset, r)
        parts = assign.split(examination.clips, examination.copies, p.splits).rows
        with files.scratch(run_dir) as folder:
            store = folder / "store"
            storing.write(store, p.dataset.root, clips_csv.with_copies(examination.clips), sound, r, desc=p.spectrogram)
            cnn.train_all(f"pretrain.{key}", p, store, parts, device, run_dir, metrics_dir)
    if ranks.rank() == 0:  # others have written nothing
        both = [Path(metrics_dir, "metrics.json"), Path(run_dir, "cost.json")]
        told = {name: value for path in both for name, value in json_file.read(path).items()}
        json_file.write(cost_json, {"clips": len(parts), "classes": (parts["label"].unique() != "").sum()} | told)


if __name__ == "__main__":
    stage.run(main)
