"""`make submission`: the PDF, the code without data, a manifest and the README in one zip to hand in.

What is packed is what Git tracks, as it lies in the working tree; nothing that Git ignores, so no data, weights or runs.
"""

import ast
import re
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

from dalsegno.artefacts import kaggle_csv
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
    ".dvc/plots/*": "The template of a plot of `dvc plots`.",
    ".dvc/*": "Settings of DVC.",
    "*.gitignore": "What Git leaves alone.",
    ".github/*": "What runs on a pull request.",
    "src/dalsegno/clips/known/*.csv": "Known collections: the title, licence and citation of each.",
    "metrics/kaggle.csv": "The scores that came back from Kaggle.",
    "metrics/plots/*.csv": "A table of results: one row per model, class, pair or epoch.",
    "metrics/*.json": "The numbers that a stage wrote.",
    "*.css": "The style of a page or of a section of it.",
    "*.j2": "The template of a page or of a section of it.",
    "*/skeletons/*.txt": "What `dalsegno new` makes a new file from.",
    "*.png": "A picture for the README.",
}  # fmt: skip
"""What is said of files that have no sentence of their own, by the pattern of their path; the first that fits."""


def main() -> None:
    """Write OUT, and print what is still `??` in it."""
    try:
        packed = pack()
    except UserError as error:
        sys.exit(f"submission: {error}")
    print("\n".join(f"?? {lacking}" for lacking in missing()))
    print(f"{OUT}: {len(packed)} files, {OUT.stat().st_size / 1e6:.1f} MB")


def pack() -> list[str]:
    """Write OUT; the names of the files in it. Raises UserError where there is no PDF or no Git repository."""
    if not PDF.is_file():
        raise UserError(f"there is no {PDF}; `dvc repro paper` makes it")
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listed.returncode:
        raise UserError(f"`git ls-files` lists what to pack, and says: {listed.stderr.strip()}")
    tracked = [Path(name) for name in sorted(listed.stdout.split("\0")) if name and Path(name).is_file()]
    with files.atomic(OUT) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, PDF.name, PDF.read_bytes())
        _add(archive, "MANIFEST.md", manifest(tracked).encode())
        for path in tracked:
            _add(archive, path.as_posix(), path.read_bytes())
        return archive.namelist()


def manifest(paths: list[Path]) -> str:
    """One sentence on each file, in Markdown: its own first one, where it has any."""
    lines = [f"- `{path.as_posix()}`: {sentence(path)}" for path in paths]
    return "\n".join(["# Files", "", f"- `{PDF.name}`: the report.", "- `MANIFEST.md`: this list.", *lines, ""])


def sentence(path: Path) -> str:
    """What KNOWN says of a file, or the first sentence of its docstring or first comment; else what its name says."""
    for pattern, words in KNOWN.items():
        if fnmatch(path.as_posix(), pattern):
            return words
    if path.suffix == ".tsv":  # metrics/<family>/<key>/plots/metrics/<quantity>/<run>.tsv
        return f"{path.parent.name.replace('_', ' ')} of {path.stem.replace('_', ', ')}, epoch by epoch.".capitalize()
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".md":
        return next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), path.stem) + "."
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
    return own_words.missing(p, own_words.models(doc), kaggle_csv.read(kaggle_score.FILE))


def _first(text: str) -> str:
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z`\"])", paragraph)[0]


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, DAY)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(entry, data)


if __name__ == "__main__":
    main()
