"""Synthesise the default data: styles to classify and notes to pretrain on"""

from dalsegno.pipeline import params, stage
from dalsegno.pipeline.runtime import Runtime
from dalsegno.synth import corpus


def main(styles_dir: str, notes_dir: str) -> None:
    """Write the styles to `styles_dir`, a folder per style, and the notes to `notes_dir`, laid out as NSynth is."""
    p, r = params.load(corpus=corpus.Params, runtime=Runtime)
    corpus.write_styles(styles_dir, p, r)
    corpus.write_notes(notes_dir, p, r)


if __name__ == "__main__":
    stage.run(main)
