"""Run a frozen backbone over every clip, once."""

from dataclasses import asdict

from dalsegno.artefacts import input_cost
from dalsegno.pipeline import params, stage
from dalsegno.pipeline.errors import about
from dalsegno.pipeline.runtime import Runtime
from dalsegno.training import precision
from dalsegno.transfer.embedding import embedding_entry, embeddings, layered, own_body, own_encoder
from dalsegno.transfer.pretrained import backbone, weights_file
from dalsegno.transfer.pretrained.provenance import Provenance


def main(key: str, spectrograms: str, out_dir: str, cost_json: str) -> None:
    p = params.variant(key, embeddings=embedding_entry.Params)
    r = params.load(runtime=Runtime)
    device = r.torch_device()
    with about(f"embeddings.{key}"):
        clips = embeddings.crops(spectrograms, p.view, device)
        if p.arch == own_encoder.ARCH:
            body, trained_on, prepared = own_body.Body(p.weights, clips.meta), Provenance(silent=(p.weights,)), {}
            n_parameters = None  # it is a function of somebody's own
        else:
            file = weights_file.read(p.arch, p.model, p.weights, clips.meta)
            model = backbone.build(
                p.arch, p.model, file, file.runs[0], clips.example(), clips.meta, p.view.preprocessing
            )
            body, trained_on = layered.backbone(model.prep, model.body, p.layers).to(device), file.runs[0].provenance
            prepared = backbone.preprocessing(file, p.view.preprocessing)
            n_parameters = sum(w.numel() for w in body.parameters())
        widths = layered.widths(p.arch, p.model, body, clips.example(), p.layers)
        inputs = [p.weights, spectrograms]
        seen = asdict(clips.view) | prepared
        rebuilt = {"arch": p.arch, "model": asdict(p.model), "view": seen, "spectrogram": clips.meta}
        rebuilt |= {"input_shape": list(clips.input_shape)} | ({"layers": list(p.layers)} if p.layers else {})
        if p.arch == own_encoder.ARCH:
            rebuilt |= {"encoder": own_encoder.identity(p.weights)}
        asked = asdict(p) | {"layers": widths, "parameters": n_parameters}
        took = embeddings.write(out_dir, body, clips, p.view, r, asked, inputs, trained_on, rebuilt, p.views, p.augment)
        of = {"of": f"spectrograms/{p.spectrogram}", "device": device.type}
        input_cost.write(cost_json, took, len(clips.clip_ids), **of, **precision.machine(device))


if __name__ == "__main__":
    stage.run(main)
