"""Run a frozen backbone over every clip, once."""

from dataclasses import asdict

from torch import nn

from dalsegno import embeddings, params, run, transfer
from dalsegno.params import section
from dalsegno.patches import Patches, Windows
from dalsegno.runtime import Runtime


@section
class Params:
    """An entry under `embeddings:` in params.yaml."""

    spectrogram: str  # an entry of `spectrograms:`
    arch: str  # a file of src/dalsegno/models/
    model: params.chosen("dalsegno.models", by="arch")
    weights: str  # a file, relative to the repository
    view: Windows


def main(key: str, spectrograms: str, weights: str, out_dir: str) -> None:
    p = params.variant(key, embeddings=Params)
    device = run.device_of(params.load(runtime=Runtime))
    patches = Patches(spectrograms, p.view, None, device)
    model = transfer.pretrained(p.arch, p.model, weights, patches.example(), patches.meta)
    body = nn.Sequential(model.prep, model.net.body).to(device)
    embeddings.write(out_dir, body, patches, {"arch": p.arch, "model": asdict(p.model), "weights": weights})


if __name__ == "__main__":
    params.run(main)
