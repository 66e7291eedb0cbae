"""Answers as they are printed: names that would break the line they are in do not."""

from pathlib import Path

import numpy as np

from dalsegno.cli.listening.answers import Csv, Table, printable
from dalsegno.inference.asked import Answer


def test_a_class_in_the_table_neither_breaks_its_line_nor_turns_it(capsys):
    """One that is read from right to left would change places with its number and the class after it."""
    answer = Answer(Path("a\nb.wav"), np.array([0.5, 0.3, 0.2]), 59.96, 75.5)
    labels = ["מוזיקה", "two\nlines\u202e", "R&B"]
    Table(labels, 3, 0.0, True).add(answer)
    line = r"a\nb.wav  1:00.0–1:15.5  " + "\u2068מוזיקה\u2069 50.0%, " + r"two\nlines\u202e 30.0%, R&B 20.0%"
    assert capsys.readouterr().out == f"{line}\n"
    Csv(labels, 1, 0.0, False).add(answer)
    assert capsys.readouterr().out.splitlines()[-1].endswith(",מוזיקה,0.500000")  # others read it: as it is


def test_joiners_within_words_stay():
    name = "نیم\u200cفاصله 👩\u200d🎤"
    assert printable(name) == name
