"""Train a backbone on another data set: the weights that transfer starts from."""

from pathlib import Path
from tempfile import TemporaryDirectory

from dalsegno import clips, dataset, from_scratch, manifest, params, runtime, spectrogram, splits
from dalsegno.params import section


@section
class Params(from_scratch.Params):
    """An entry under `pretrain:`; its `spectrogram` is one that transfer uses, so that the backbone hears the same."""

    dataset: dataset.Params
    splits: splits.Params


def main(key: str, root: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, pretrain=Params)
    r = params.load(runtime=runtime.Runtime)
    sound = params.variant(p.spectrogram, spectrograms=spectrogram.Params)
    device = r.torch_device()
    examination = clips.examine(Path(root), p.dataset, r)
    usable = manifest.usable(examination.clips)
    parts = splits.split(usable, examination.copies, p.splits).rows
    with TemporaryDirectory() as folder:
        store = Path(folder, "store")
        spectrogram.write(store, root, usable, sound, r, desc=p.spectrogram)
        from_scratch.fit(f"pretrain.{key}", p, store, parts, device, run_dir, metrics_dir)


if __name__ == "__main__":
    params.run(main)
