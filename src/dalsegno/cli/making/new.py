"""`dalsegno new arch|dataset|feature NAME`: code that works, with its test, for the user to make his own."""

import argparse
import keyword
import re
from collections.abc import Callable
from pathlib import Path

from dalsegno.pipeline import check, files, params
from dalsegno.pipeline.errors import UserError

SOURCE, TESTS, SKELETONS = Path("src/dalsegno"), Path("tests"), Path(__file__).parent / "skeletons"
CATALOGUE = SOURCE / "features/catalogue.py"
LONGEST = 40
NEXT = {
    "arch": """\
  pytest tests/models -k NAME     its own test, and those of every architecture
  Then add an entry under `cnn:` in params.yaml, and `dvc repro` trains it beside the others:
    NAME:
      spectrogram: logmel
      arch: NAME
      model: {width: 32}
      view: {crop_s: 3.0, normalise: bin}
      augment: {}
      train: {seeds: [0], epochs: 15, batch_size: 16, lr: 3e-3, patience: 8}
  Now write your own Params, blocks and docstring, and the number of parameters in its test.""",
    "dataset": """\
  pytest tests/datasets/test_NAME.py     tests it on a small tree with its layout
  dalsegno datasets                      lists it, with the layout that it expects
  Then set dataset.name: NAME and dataset.root in params.yaml; `dalsegno check` lists the clips, and `dvc repro` runs on them.
  Now change it to read your own layout. A Clip may also have a split, and a fault that is known before decoding.""",
    "feature": """\
  pytest tests/features/test_NAME.py     tests it on signals with known answers
  Then add NAME to `features.use` in params.yaml; `dvc repro` computes it and trains the models that read features.
  Now compute your own values: @per_frame() for values of single frames, @per_clip() for values that need the whole clip.""",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The kind and the name."""
    parser.add_argument("kind", choices=list(NEXT))
    parser.add_argument("name", metavar="NAME", help="its name in params.yaml, a word in lower case")


def run(arguments: argparse.Namespace) -> None:
    """Write the files and say what comes next. Raises UserError if the name cannot be one, or is taken."""
    kind, name = arguments.kind, arguments.name
    code, test = PLACES[kind](name)
    _check(name, kind, code, test)
    before = code.read_text(encoding="utf-8") if kind == "feature" else ""
    files.write_text(code, before + _skeleton(kind, name))
    files.write_text(test, _skeleton(f"{kind}_test", name))
    print(f"{code}{' has it at its end' if before else ''}\n{test}\n\n{NEXT[kind].replace('NAME', name)}")


PLACES: dict[str, Callable[[str], tuple[Path, Path]]] = {
    "arch": lambda name: (SOURCE / f"models/{name}.py", TESTS / f"models/test_{name}.py"),
    "dataset": lambda name: (SOURCE / f"datasets/{name}.py", TESTS / f"datasets/test_{name}.py"),
    "feature": lambda name: (CATALOGUE, TESTS / f"features/test_{name}.py"),
}


def _check(name: str, kind: str, code: Path, test: Path) -> None:
    reserved = keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in check.BOOLEANS
    if not re.fullmatch(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}", name) or reserved:
        raise UserError(
            f"{name!r} cannot name {'a' if kind != 'arch' else 'an'} {kind}: expected a word of up to {LONGEST} "
            "lower-case letters, digits and _ that begins with a letter and has no meaning in Python or YAML"
        )
    if not (SOURCE.is_dir() and TESTS.is_dir()):
        raise UserError(f"there is no {SOURCE}/ with {TESTS}/ in {Path.cwd()}; run from the top of the repository")
    if kind == "feature" and hasattr(params.component("dalsegno.features", "catalogue"), name):  # which imports librosa
        raise UserError(f"{name!r} is taken: {CATALOGUE} has a {name} already; choose another name")
    taken = [path for path in (code, *TESTS.rglob(test.name)) if path.exists() and path != CATALOGUE]
    if taken:
        raise UserError(f"{name!r} is taken: there is a {taken[0]} already; choose another name")


def _skeleton(which: str, name: str) -> str:
    return (SKELETONS / f"{which}.txt").read_text(encoding="utf-8").replace("NAME", name)
