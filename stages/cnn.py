"""Train a convolutional network on the spectrograms, from scratch."""

from dalsegno.artefacts.learning import splits_csv
from dalsegno.families.convolutional import cnn
from dalsegno.pipeline import params, stage
from dalsegno.pipeline.runtime import Runtime


def main(key: str, spectrograms: str, splits_path: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, cnn=cnn.Params)
    device = params.load(runtime=Runtime).training_device()
    cnn.train_all(f"cnn.{key}", p, spectrograms, splits_csv.read(splits_path), device, run_dir, metrics_dir)


if __name__ == "__main__":
    stage.run(main)
