"""What a search prints of its trials while it goes on."""

import re
import threading
import time

import pytest
from support.small_search import ENTRY, SMALL, search

from dalsegno.pipeline import params, progress
from dalsegno.search import study, told
from dalsegno.search.entry import Params


@pytest.fixture
def said(monkeypatch):
    """The lines that a stage says, in order."""
    lines = []
    monkeypatch.setattr(progress, "say", lines.append)
    return lines


@pytest.mark.parametrize("workers", [1, 2])
def test_each_trial_has_a_line_that_says_how_it_ended(folder, said, workers):
    rates = {"train.lr": {"choice": [1e-3, 1e-2, 1e19]}}
    rows, _ = search(entry=ENTRY | {"sampler": "grid", "trials": None, "space": rates, "workers": workers})
    lines = [line for line in said if line.startswith("trial ")]
    assert sorted(int(line.split()[1]) for line in lines) == [1, 2, 3]
    for row in rows.itertuples():
        (line,) = (line for line in lines if int(line.split()[1]) == row.trial)
        if row.state == "failed":
            assert f"  failed: {row.error}  train.lr 1e+19" in line
        else:
            assert f"  val_accuracy {row.val_accuracy:.4f} after 4 epochs  train.lr 0.0" in line


def test_the_line_of_a_pruned_trial_says_when_and_at_what_it_was_pruned(folder, said):
    small = SMALL | {"train": SMALL["train"] | {"epochs": 12}}
    rows, _ = search(entry=ENTRY | {"trials": 12, "pruner": "halving"}, small=small)
    pruned = rows[rows["state"] == "pruned"]
    assert len(pruned)
    for row in pruned.itertuples():
        expected = f"trial {row.trial:>3}  pruned at epoch {row.epochs}, val_accuracy {row.val_accuracy:.4f}  "
        assert sum(line.startswith(expected) for line in said) == 1


def test_a_trial_is_told_of_as_soon_as_any_process_has_ended_it(folder, monkeypatch):
    monkeypatch.setattr(told, "EVERY_S", 0.01)
    p, _ = params.parse("search.a", ENTRY, Params)
    before, lines, maker = threading.active_count(), [], study.opened(p, "journal", "s")
    numbers = study.prepare(maker, p)
    maker.tell(0, 0.25)
    with told.told(study.opened(p, "journal", "s"), p, numbers[1:], lines.append):
        trial = study.Trial(maker, maker.trials[2]._trial_id)
        for path, distribution in study.space.drawn(p.space).items():
            trial._suggest(path, distribution)
        trial.set_user_attr("epochs", 4)
        maker.tell(2, 0.5)
        until = time.monotonic() + 60
        while not lines and time.monotonic() < until:
            time.sleep(0.01)
        assert len(lines) == 1 and re.match(r"trial   3  val_accuracy 0\.5000 after 4 epochs  train\.lr 0\.", lines[0])
    assert len(lines) == 1 and threading.active_count() == before
