"""Synthesise the default data: styles to classify and notes to pretrain on"""

from dalsegno import corpus, params
from dalsegno.runtime import Runtime


def main(styles_dir: str, notes_dir: str) -> None:
    p, r = params.load(corpus=corpus.Params, runtime=Runtime)
    corpus.write_styles(styles_dir, p, r)
    corpus.write_notes(notes_dir, p, r)


if __name__ == "__main__":
    params.run(main)
