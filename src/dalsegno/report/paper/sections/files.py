"""The section on what the archive holds, folder by folder."""

from collections.abc import Iterator

from dalsegno.report.paper import blocks
from dalsegno.report.paper.blocks import Block

FILES = {
    "params.yaml": "All parameters of the run.",
    "dvc.yaml, dvc.lock": "The graph of stages, and what each of them read and wrote.",
    "stages/": "A script per stage, which reads its inputs, calls the code in src/dalsegno/ and writes its outputs.",
    "src/dalsegno/": "The code, a folder for each step from audio to report, as below; docs/design.md is the map.",
    "src/dalsegno/artefacts/": "The files that pass between stages: one module per file, with its reader and its writer.",
    "src/dalsegno/cli/": "What people type: the `dalsegno` command and its subcommands.",
    "src/dalsegno/clips/": "The data doctor: it lists a data set's files, decodes each once, and names faults and copies.",
    "src/dalsegno/datasets/": "One adapter per layout of data; `dataset.name` in params.yaml is the file's name.",
    "src/dalsegno/families/": "How each family of models is trained from its entry in params.yaml: classical, mlp with its rows, cnn with its crops and views.",
    "src/dalsegno/features/": "From spectra to a table of features per clip or segment.",
    "src/dalsegno/final/": "Final: one model trained on every labelled clip, as cross-validation found best.",
    "src/dalsegno/inference/": "A stored model on new sound: read, rebuilt, asked, explained and handed on.",
    "src/dalsegno/models/": "One file per architecture, each a leaf; `arch` in params.yaml is the file's name.",
    "src/dalsegno/pipeline/": "How a stage runs: errors, parameters, checks, progress and whole files.",
    "src/dalsegno/report/": "What people read: the page, its plots, the table, the doctor's page and the submissions.",
    "src/dalsegno/scoring/": "From predictions to metrics, intervals and comparisons: the one place where a prediction is scored.",
    "src/dalsegno/search/": "Search: many trials of one model's settings, judged on validation clips.",
    "src/dalsegno/sound/": "From a file to spectra in decibels, and the store of them.",
    "src/dalsegno/spectrograms/": "One file per kind of spectrogram; `spectrograms.<key>.kind` names it.",
    "src/dalsegno/splits/": "Who trains, who validates and who is tested, and what leaks from one part to another.",
    "src/dalsegno/synth/": "The synthetic default data: styles to classify and notes to pretrain on.",
    "src/dalsegno/training/": "What every trained network shares: the training loop, its batches, folds and seeds, and prediction.",
    "src/dalsegno/transfer/": "Networks that were trained on other data: their weights, their embeddings, new heads and fine-tuning.",
    "metrics/": "Every number of this paper, as JSON and CSV.",
    "recipes/": "Complete parameter files for published systems and data sets.",
    "tests/": "The tests of all of this, in the same folders as the code.",
    "README.md": "How to run it, and where the path to the data goes.",
    "MANIFEST.md": "In the archive: one sentence on each file.",
}
"""By file or folder; of those of src/dalsegno/ it is the first sentence of their docstring."""


def files() -> Iterator[Block]:
    """The table of FILES."""
    yield blocks.text("MANIFEST.md in the archive has a sentence on every single file; these are its folders.")
    rows = [(names, words.replace("`", "")) for names, words in FILES.items()]
    yield blocks.table("What the archive holds.", ["file", "what it is"], rows, words=2)
