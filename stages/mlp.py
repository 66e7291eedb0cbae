"""Train a network on the features."""

from dalsegno.artefacts.learning import splits_csv
from dalsegno.families import mlp
from dalsegno.pipeline import params, stage
from dalsegno.pipeline.runtime import Runtime


def main(key: str, features: str, splits_path: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, mlp=mlp.Params)
    device = params.load(runtime=Runtime).torch_device()
    mlp.train_all(f"mlp.{key}", p, features, splits_csv.read(splits_path), device, run_dir, metrics_dir)


if __name__ == "__main__":
    stage.run(main)
