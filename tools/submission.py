"""`make submission`: the PDF, the code without data, a manifest and the README in one zip to hand in.

What is packed is what Git tracks, as it lies in the working tree, and the results of this run in metrics/, which Git need
not know yet. Nothing is packed that Git ignores, so no data, weights or runs, and no results of models that params.yaml no
longer names. Other files that Git does not track are named, as they may be code or data.
"""

import ast
import re
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from dalsegno.artefacts import kaggle_csv, model_name
from dalsegno.cli.commands import kaggle_score
from dalsegno.pipeline import files, params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import Refused
from dalsegno.report.paper import own_words

PDF, OUT = Path("reports/report.pdf"), Path("reports/submission.zip")
DAY = (1980, 1, 1, 0, 0, 0)  # of every file: the same files make the same bytes
KNOWN = {
    "README.md": "What the project does, how to run it, and where the path to the data goes.",
    "CHANGELOG.md": "What a user notices of each version.",
    "CITATION.cff": "How to cite the project.",
    "CONTRIBUTING.md": "How to set up, add something and check it.",
    "LICENSE": "The licence of the code.",
    "pyproject.toml": "What the package is called and requires, and the settings of its checks.",
    "dvc.lock": "What each stage read and wrote, by checksum.",
    "requirements.lock": "The pinned version of every package.",
    "*.gitignore": "What Git leaves alone.",
    ".gitattributes": "How lines end in text files: with LF in every clone.",
    ".pre-commit-config.yaml": "The checks that run before each commit.",
    "*.dvc": "Which {name} DVC tracks, by checksum.",
    ".dvc/plots/*": "How `dvc plots` draws {name}.",
    ".dvc/*": "Settings of DVC.",
    ".github/*": "What runs on a pull request.",
    "src/dalsegno/clips/known/*.csv": "Known collections: the title, licence and citation of each.",
    "metrics/kaggle.csv": "The scores that came back from Kaggle.",
    "metrics/clips.json": "How many files were found, used and left out, and why.",
    "metrics/splits.json": "How many clips each part of each fold has, and what is on both sides of a split.",
    "metrics/protocols.json": "What one cheap model scores under each split protocol.",
    "metrics/compare.json": "What each model scores on the held-out clips, with intervals, ties and gains.",
    "metrics/plots/accuracy.csv": "The accuracy of each model with the ends of its interval.",
    "metrics/plots/classes.csv": "Precision, recall, F1 and number of clips of each class, by model.",
    "metrics/plots/confusion.csv": "How many clips of each class were called what, by model.",
    "metrics/plots/coverage.csv": "The accuracy of each model on the clips that it is surest of.",
    "metrics/plots/curves.csv": "Losses and scores epoch by epoch, of each network, fold and seed.",
    "metrics/plots/pairs.csv": "The difference of every two models, its interval and its p-values.",
    "metrics/plots/reliability.csv": "How often a model is right by how sure it is.",
    "metrics/*/metrics.json": "Losses and scores of {above}/{folder} on training and validation clips, as means over its runs.",
    "*.css": "The style of {folder}/{name}, a page or a section of it.",
    "*.j2": "The template of {folder}/{name}, a page or a section of it.",
    "*/skeletons/*.txt": "What `dalsegno new` makes a new {name} from.",
    "*.png": "A picture for the README.",
}  # fmt: skip
"""What is said of files that have no sentence of their own, by the pattern of their path; the first that fits. {name}, {folder} and {above} are
the last words of the path."""


def main() -> None:
    """Write OUT, and print what is still `??` in it."""
    try:
        packed = pack()
    except UserError as error:
        sys.exit(f"submission: {error}")
    print("\n".join(f"?? {lacking}" for lacking in missing()))
    for name in left_out():
        print(f"not packed: {name}, which Git does not track; `git add {name}` packs it, unless it is data")
    print(f"{OUT}: {len(packed)} files, {OUT.stat().st_size / 1e6:.1f} MB")


def pack() -> list[str]:
    """Write OUT; the names of the files in it. Raises UserError where there is no PDF or no Git repository."""
    if not PDF.is_file():
        raise UserError(f"there is no {PDF}; `dvc repro paper` makes it")
    doc = params.document()
    tracked = [path for path in _listed() if not _outdated(path, doc)]
    with files.atomic(OUT) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, PDF.name, PDF.read_bytes())
        _add(archive, "MANIFEST.md", manifest(tracked).encode())
        for path in tracked:
            _add(archive, path.as_posix(), path.read_bytes())
        return archive.namelist()


def left_out() -> list[str]:
    """The files that Git neither tracks nor ignores, but for results; a folder of them stands for its files."""
    return [
        name
        for name in _git("--others", "--exclude-standard", "--directory", "--no-empty-directory")
        if not name.startswith("metrics/")
    ]


def manifest(paths: list[Path]) -> str:
    """One sentence on each file, in Markdown: its own first one, where it has any."""
    lines = [f"- `{path.as_posix()}`: {sentence(path)}" for path in paths]
    return "\n".join(["# Files", "", f"- `{PDF.name}`: the report.", "- `MANIFEST.md`: this list.", *lines, ""])


def sentence(path: Path) -> str:
    """What KNOWN says of a file, or the first sentence of its docstring or first comment; else what its name says."""
    for pattern, words in KNOWN.items():
        if fnmatch(path.as_posix(), pattern):
            return words.format(name=path.stem.split(".")[0], folder=path.parent.name, above=path.parent.parent.name)
    if path.suffix == ".tsv":  # metrics/<family>/<key>/plots/metrics/<quantity>/<run>.tsv
        quantity, run = path.parent.name.replace("val_", "validation_").replace("_", " "), path.stem.replace("_", ", ")
        return f"{quantity} of {re.sub(r'(?<=[a-z])(?=[0-9])', ' ', run)}, epoch by epoch.".capitalize()
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".md":
        title = next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), path.stem)
        words = next((part for part in text.split("\n\n") if part[:1].isalpha()), "")
        return f"{title}: {_first(words)}" if words else f"{title}."
    if path.suffix == ".py":
        return _first(ast.get_docstring(ast.parse(text)) or f"{path.stem}, as its name says.")
    comments = (re.match(r"\s*(?:#|//)\s*(?!!)(\w.*)", line) for line in text.splitlines())
    said = next((comment[1] for comment in comments if comment), f"{path.stem}, as its name says")
    return _first(said)


def missing() -> list[str]:
    """What the PDF prints as ??, and the Kaggle scores that are not there. Raises Refused for a bad section `paper`."""
    doc = params.document()
    p, problems = params.parse("paper", doc.get("paper"), own_words.Params)
    if problems:
        raise Refused(problems)
    return own_words.missing(p, model_name.named(doc), kaggle_csv.read(kaggle_score.FILE))


def _listed() -> list[Path]:
    """What Git tracks, and the results that it does not track yet. Raises UserError where there is no repository."""
    names = {*_git(), *_git("--others", "--exclude-standard", "metrics")}
    return [Path(name) for name in sorted(names) if Path(name).is_file()]


def _git(*options: str) -> list[str]:
    """`git ls-files` with these options."""
    done = subprocess.run(["git", "ls-files", "-z", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"`git ls-files` lists what to pack, and says: {done.stderr.strip()}")
    return list(filter(None, done.stdout.split("\0")))


def _outdated(path: Path, doc: dict[str, Any]) -> bool:
    """Whether a file holds results of an entry that params.yaml, `doc`, no longer has."""
    top, family, key, *_ = [*path.parts, "", "", ""]
    return top == "metrics" and isinstance(doc.get(family), dict) and key not in doc[family]


def _first(text: str) -> str:
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z`\"])", paragraph)[0]


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, DAY)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(entry, data)


if __name__ == "__main__":
    main()
