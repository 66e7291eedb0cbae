"""Synthesise a data set: styles to classify, or notes to pretrain on."""

from dalsegno.pipeline import params, stage
from dalsegno.pipeline.runtime import Runtime
from dalsegno.synth import corpus


def main(key: str, folder: str) -> None:
    """Write the entry `key` of `corpus` to `folder`: a folder per style, or notes laid out as NSynth's are."""
    p = params.variant(key, corpus=corpus.Params)
    corpus.write(folder, p, params.load(runtime=Runtime))


if __name__ == "__main__":
    stage.run(main)
