"""Train a backbone on another data set: the weights that transfer starts from."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from dalsegno import (
    augment,
    clips,
    dataset,
    folds,
    manifest,
    network,
    params,
    run,
    runtime,
    spectrogram,
    splits,
    store,
    train,
)
from dalsegno.params import section
from dalsegno.patches import Patches, View


@section
class Params:
    """An entry under `pretrain:` in params.yaml."""

    dataset: dataset.Params
    splits: splits.Params
    spectrogram: str  # an entry of `spectrograms:`, so that the backbone hears what it will be used on
    arch: str  # a file of src/dalsegno/models/
    model: params.chosen("dalsegno.models", by="arch")
    view: View
    augment: augment.Params
    train: train.Params


def main(key: str, root: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, pretrain=Params)
    r = params.load(runtime=runtime.Runtime)
    sound = params.variant(p.spectrogram, spectrograms=spectrogram.Params)
    device = run.device_of(r)
    examination = clips.examine(Path(root), p.dataset, r)
    usable = manifest.usable(examination.clips)
    parts = splits.split(usable, examination.copies, p.splits).rows
    kind = params.component("dalsegno.spectrograms", sound.kind)
    with TemporaryDirectory() as scratch:
        paths = [Path(root, path) for path in usable["path"]]
        frames = runtime.map(partial(kind.frames, p=sound.options), paths, len(paths), r, desc=p.spectrogram)
        store.write(Path(scratch, "store"), zip(usable["clip_id"], frames, strict=True), kind.meta(sound.options))
        patches = Patches(Path(scratch, "store"), p.view, set(parts["clip_id"]), device)

        def build(train_ids: list[str]) -> run.Built:
            return run.Built(network.from_scratch(p.arch, p.model, patches, train_ids, len(folds.classes(parts))))

        job = run.Job(patches, parts, p.train, build, device, p.augment, p.view.vote)
        about = {"arch": p.arch, "model": asdict(p.model), "view": asdict(p.view), "spectrogram": patches.meta}
        run.all_runs(job, about, run_dir, metrics_dir)


if __name__ == "__main__":
    params.run(main)
