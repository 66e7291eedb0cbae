"""Take in predictions that somebody made elsewhere, as those of a model among ours."""

from pathlib import Path

from dalsegno.artefacts import leaks_json
from dalsegno.artefacts.data_set import clips_csv
from dalsegno.artefacts.learning import predictions_parquet, splits_csv
from dalsegno.families import external
from dalsegno.pipeline import files, params, progress, stage
from dalsegno.pipeline.errors import about, counted


def main(key: str, clips_path: str, splits_path: str, run_dir: str) -> None:
    p = params.variant(key, external=external.Params)
    with about(f"external.{key}"):
        taken = external.predictions(p, clips_csv.read(clips_path), splits_csv.read(splits_path))
    if taken.unknown:
        progress.say(
            f"{p.file}: {counted(len(taken.unknown), 'name')} of no clip here, first {taken.unknown[0]!r}: not used"
        )
    with files.atomic(run_dir) as draft:
        draft.mkdir()
        predictions_parquet.write(Path(draft, "predictions.parquet"), taken.rows)
        leaks_json.write(Path(draft, "leaks.json"), leaks_json.Leaks(notes=taken.notes))


if __name__ == "__main__":
    stage.run(main)
