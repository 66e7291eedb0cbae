"""Train one model on every labelled clip, for as long, or with the setting, that validation found best."""

from pathlib import Path

from dalsegno.artefacts.learning import json_file, splits_csv
from dalsegno.final import entry, recipe, trained
from dalsegno.pipeline import files, params, progress, stage
from dalsegno.pipeline.errors import about
from dalsegno.pipeline.runtime import Runtime


def main(key: str, data: str, splits_path: str, run_dir: str, out_dir: str) -> None:
    p = params.variant(key, final=entry.Params)
    r = params.load(runtime=Runtime)
    several = p.model.startswith(("cnn/", "transfer/"))
    device = r.training_device() if several else r.torch_device()
    with about(f"final.{key}"):
        of = recipe.read(p.model, run_dir)
        content = trained.content(of, data, splits_csv.read(splits_path), device)
    keeper, file = recipe.kept(p.model)
    with files.atomic(out_dir) as draft:
        draft.mkdir()
        keeper.save(draft / file, content)
        json_file.write(draft / "final.json", content["final"])
    progress.say(
        f"{Path(out_dir, file)}: no test result belongs to it, for it knows every clip; those of {p.model} are the "
        "estimate of how it does on new ones"
    )


if __name__ == "__main__":
    stage.run(main)
