"""Answers of a model as a table to read, as CSV, or as JSON, printed as they come."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from dalsegno.inference.asked import Answer
from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import isolated

JOINERS = "\u200c\u200d"  # within words of Persian and between the parts of an emoji; they shift nothing


def printable(path: Path | str) -> str:
    """A path or a class in one line: a control character in it, such as a line break, is written as Python writes it."""
    return "".join(c if c.isprintable() or c in JOINERS else ascii(c)[1:-1] for c in str(path))


class Writer:
    """Prints the `top` most probable classes of each answer, in order, those of a probability below `threshold` left out.

    timed: whether answers are about parts of a file.
    """

    def __init__(self, labels: list[str], top: int, threshold: float, timed: bool) -> None:
        self.labels, self.top, self.threshold, self.timed = labels, top, threshold, timed

    def named(self, answer: Answer) -> list[tuple[str, float]]:
        """Classes with their probabilities; where none is probable enough, no name, and the greatest probability."""
        if answer.p is None:
            return []
        order = np.argsort(-answer.p, kind="stable")[: self.top]
        best = [(self.labels[i], round(float(answer.p[i]), 6)) for i in order if answer.p[i] >= self.threshold]
        return best or [("", round(float(answer.p.max()), 6))]

    def add(self, answer: Answer) -> None:
        """Print one answer."""
        raise NotImplementedError

    def end(self) -> None:
        """Print what closes the document."""


class Table(Writer):
    """A line per answer."""

    def add(self, answer: Answer) -> None:
        """Path, times if there are any, and classes with their probabilities in %, or why there are none, or only part was heard."""
        if answer.fault:
            return
        words = [
            f"{isolated(printable(label)) or 'none is probable enough'} {p:.1%}" for label, p in self.named(answer)
        ]
        said = "; ".join(filter(None, (", ".join(words), answer.note)))
        at = f"  {_clock(answer.start_s or 0)}–{_clock(answer.stop_s or 0)}" if self.timed else ""
        print(f"{printable(answer.path)}{at}  {said}", flush=True)


class Csv(Writer):
    """A row per class of each answer, the most probable first."""

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self._csv = csv.writer(sys.stdout, lineterminator="\n")
        times = ["start_s", "stop_s"] if self.timed else []
        self._csv.writerow(["path", *times, "label", "probability"])

    def add(self, answer: Answer) -> None:
        """The rows of one answer: no label where none is probable enough, nor a probability without a sound. That a file was cut
        off is a warning, as it has no place in a row."""
        times = [f"{answer.start_s:.3f}", f"{answer.stop_s:.3f}"] if answer.start_s is not None else []
        rows = [[label, f"{p:.6f}"] for label, p in self.named(answer)] or ([["", ""]] if answer.note else [])
        self._csv.writerows([answer.path, *times, *row] for row in rows)
        sys.stdout.flush()
        if answer.note and answer.p is not None:
            progress.warn(f"dalsegno: {printable(answer.path)}: {answer.note}")


class Json(Writer):
    """A list of objects with path, label and its probability, and those of classes; error: why a file could not be read; note: as of `Answer`.

    Where no class is probable enough, the label is null, and the probability is the greatest; without a sound both are null.
    """

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self._before = "["

    def add(self, answer: Answer) -> None:
        """One object."""
        named = self.named(answer)
        content: dict[str, Any] = {"path": str(answer.path)}
        if answer.start_s is not None:
            content |= {"start_s": answer.start_s, "stop_s": answer.stop_s}
        if answer.fault:
            content["error"] = answer.fault
        else:
            label, p = named[0] if named else (None, None)
            content |= {"label": label or None, "probability": p}
            content["probabilities"] = {label: p for label, p in named if label}
        if answer.note:
            content["note"] = answer.note
        print(f"{self._before}\n{json.dumps(content, ensure_ascii=False)}", end="", flush=True)
        self._before = ","

    def end(self) -> None:
        """Close the list."""
        print("\n]" if self._before == "," else "[]")


FORMATS: dict[str, type[Writer]] = {"table": Table, "csv": Csv, "json": Json}


def _clock(seconds: float) -> str:
    """`2:59.9`; what is rounded up to a whole minute is one."""
    minutes, tenths = divmod(round(10 * seconds), 600)
    return f"{minutes}:{tenths / 10:04.1f}"
