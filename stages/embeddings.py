"""Run a frozen backbone over every clip, once."""

from dataclasses import asdict

from torch import nn

from dalsegno.pipeline import params, stage
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.runtime import Runtime
from dalsegno.transfer.embedding import embedding_entry, embeddings
from dalsegno.transfer.pretrained import backbone, weights_file


def main(key: str, spectrograms: str, out_dir: str) -> None:
    p = params.variant(key, embeddings=embedding_entry.Params)
    device = params.load(runtime=Runtime).torch_device()
    try:
        clips = embeddings.crops(spectrograms, p.view, device)
        file = weights_file.read(p.arch, p.model, p.weights, clips.meta)
        run = file.runs[0]
        model = backbone.build(p.arch, p.model, file, run, clips.example(), clips.meta, p.view.preprocessing)
        body = nn.Sequential(model.prep, model.body).to(device)
        inputs = [p.weights, spectrograms]
        seen = asdict(clips.view) | backbone.preprocessing(file, p.view.preprocessing)
        rebuilt = {"arch": p.arch, "model": asdict(p.model), "view": seen, "spectrogram": clips.meta}
        rebuilt |= {"input_shape": list(clips.input_shape)}
        embeddings.write(out_dir, body, clips, asdict(p), inputs, run.provenance, rebuilt, p.views, p.augment)
    except UserError as error:
        raise UserError(f"embeddings.{key}: {error}") from None


if __name__ == "__main__":
    stage.run(main)
