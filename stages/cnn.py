"""Train a convolutional network on the spectrograms, from scratch."""

from dataclasses import asdict

from dalsegno import augment, folds, network, params, run, train
from dalsegno.params import section
from dalsegno.patches import Patches, View
from dalsegno.runtime import Runtime


@section
class Params:
    """An entry under `cnn:` in params.yaml."""

    spectrogram: str  # an entry of `spectrograms:`
    arch: str  # a file of src/dalsegno/models/
    model: params.chosen("dalsegno.models", by="arch")
    view: View
    augment: augment.Params
    train: train.Params


def main(key: str, spectrograms: str, splits_csv: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, cnn=Params)
    device = run.device_of(params.load(runtime=Runtime))
    splits = folds.read(splits_csv)
    patches = Patches(spectrograms, p.view, set(splits["clip_id"]), device)

    def build(train_ids: list[str]) -> run.Built:
        return run.Built(network.from_scratch(p.arch, p.model, patches, train_ids, len(folds.classes(splits))))

    job = run.Job(patches, splits, p.train, build, device, p.augment, p.view.vote)
    about = {"arch": p.arch, "model": asdict(p.model), "view": asdict(p.view), "spectrogram": patches.meta}
    run.all_runs(job, about, run_dir, metrics_dir)


if __name__ == "__main__":
    params.run(main)
