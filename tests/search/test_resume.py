"""A search that was broken off goes on to what it would have been, to the byte."""

import contextlib
import time
from pathlib import Path

import pytest
from support.small_search import ENTRY, SMALL, SPACE, search

from dalsegno.pipeline import files, params
from dalsegno.pipeline.errors import UserError
from dalsegno.search import journal, study
from dalsegno.search.entry import Params

LONG = SMALL | {"train": SMALL["train"] | {"epochs": 7}}
JOURNAL = Path("data/searches/a.journal")
KINDS = {
    "halving": {"pruner": "halving", "folds": None, "trials": 5},
    "median": {"pruner": "median", "trials": 8},
    "tpe": {"sampler": "tpe", "trials": 12},
    "grid": {"sampler": "grid", "trials": None, "space": {"train.batch_size": {"choice": [8, 16]}, "train.lr": {"choice": [0.01, 0.1]}}},
    "grid and range": {"sampler": "grid", "trials": None, "space": {"train.batch_size": {"choice": [8, 16]}, "model.widths.0": {"int": [4, 6]}, "train.lr": {"uniform": [0.01, 0.1]}}},
}  # fmt: skip


def goes_on_after(n_lines, monkeypatch, entry):
    """Whether the journal got that many lines, at which the search was interrupted; without an interruption, it is whole."""
    written, append = [], journal.Journal.append_logs

    def breaks(to, logs):
        if len(written) == n_lines:
            raise KeyboardInterrupt
        append(to, logs)
        written.append(logs)

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(journal.Journal, "append_logs", breaks)
        search(entry=entry, small=LONG)
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_wherever_it_is_broken_off_it_goes_on_to_the_same_trials(folder, monkeypatch, kind):
    """Every 19 lines, and again in what goes on."""
    entry = ENTRY | KINDS[kind]
    search("whole", entry, LONG)
    n_breaks = 0
    while goes_on_after(19, monkeypatch, entry):
        n_breaks += 1
    assert n_breaks
    assert Path("data/searches/a/trials.csv").read_bytes() == Path("data/searches/whole/trials.csv").read_bytes()


def test_a_trial_that_was_about_to_be_pruned_is_pruned(folder, monkeypatch):
    """Successive halving notes that a trial has come to a rung before it decides; each time it is broken off there."""
    entry = ENTRY | {"pruner": "halving", "folds": None}
    search("whole", entry, LONG)
    append, noted = journal.Journal.append_logs, []

    def breaks(to, logs):
        append(to, logs)
        rung = logs[0].get("trial_id"), *logs[0].get("system_attr", {})
        if rung[1:] and rung not in noted:
            noted.append(rung)
            raise KeyboardInterrupt

    monkeypatch.setattr(journal.Journal, "append_logs", breaks)
    n_breaks = 0
    while not Path("data/searches/a/trials.csv").exists():
        with contextlib.suppress(KeyboardInterrupt):
            search(entry=entry, small=LONG)
        n_breaks += 1
    assert n_breaks > 6 and "pruned" in Path("data/searches/whole/trials.csv").read_text()
    assert Path("data/searches/a/trials.csv").read_bytes() == Path("data/searches/whole/trials.csv").read_bytes()


def test_a_search_that_was_broken_off_goes_on_to_the_same_trials(folder, monkeypatch):
    whole, _ = search("whole")
    real, calls = study._trained, []

    def breaks(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(study, "_trained", breaks)
    with pytest.raises(KeyboardInterrupt):
        search("a")
    assert not Path("data/searches/a").exists()
    rows, _ = search("a")
    columns = [*SPACE, "val_accuracy"]
    assert len(calls) == 4 + 3
    assert sorted(map(tuple, rows[columns].to_numpy())) == sorted(map(tuple, whole[columns].to_numpy()))


def test_a_line_that_was_cut_short_costs_no_trial(folder):
    whole, _ = search("whole")
    few, _ = search(entry=ENTRY | {"trials": 3})
    with JOURNAL.open("ab") as file:
        file.write(b'{"op_code":4,"worker_id":"a2c9')
    rows, _ = search()
    assert set(few["train.lr"]) < set(rows["train.lr"]) == set(whole["train.lr"])


@pytest.mark.parametrize("content", [b"hello\n", b"\x00\x01\n", b"[]\n", b'{"a": 1}\n', None])
def test_what_is_no_journal_is_refused_and_kept(folder, content):
    Path("data/searches").mkdir()
    journal = JOURNAL
    journal.mkdir() if content is None else journal.write_bytes(content)
    with pytest.raises(
        UserError, match=r"search\.a: data/searches/a\.journal: this is not the journal of a search; move it away"
    ):
        search()
    assert journal.is_dir() if content is None else journal.read_bytes() == content


def test_more_trials_go_on_from_those_that_were_made_and_another_space_does_not(folder):
    few, _ = search(entry=ENTRY | {"trials": 3})
    more, _ = search(entry=ENTRY | {"trials": 5})
    assert set(few["train.lr"]) < set(more["train.lr"]) and len(more) == 5
    other, _ = search(entry=ENTRY | {"trials": 3, "space": SPACE | {"train.lr": {"fixed": 0.01}}})
    assert len(other) == 3 and "train.lr" not in other


def test_a_lock_of_a_process_that_was_killed_is_not_waited_for(folder):
    """Its link leads nowhere if the repository was moved since."""
    search(entry=ENTRY | {"trials": 1})
    Path(f"{JOURNAL}.lock").symlink_to("/gone/a.journal")
    began = time.perf_counter()
    search(entry=ENTRY | {"trials": 2})
    assert time.perf_counter() - began < 10


def test_a_worker_that_outlived_its_search_writes_no_more_once_another_goes_on(folder):
    """As where memory ran out and the main process was killed: its worker told the end of a trial whose settings were gone."""
    whole, _ = search("whole", ENTRY | {"trials": 2})
    p, _ = params.parse("search.a", ENTRY | {"trials": 2}, Params)
    of = study.Subject("mlp.small", SMALL, lambda *_: None, lambda *_: None)
    name = study.name(p, of, files.digest([Path("data/features.parquet"), Path("data/splits.csv"), *of.files(p.space)]))
    JOURNAL.parent.mkdir(exist_ok=True)
    left = study.opened(p, JOURNAL, name)
    number, *_ = study.prepare(left, p)
    trial = study.Trial(left, left.trials[number]._trial_id)
    for path, distribution in study.space.drawn(p.space).items():
        trial._suggest(path, distribution)
    journal.mend(JOURNAL)
    with pytest.raises(UserError, match="another run of the search has gone on from here"):
        left.tell(trial, 1.0)
    assert search(entry=ENTRY | {"trials": 2})[0].equals(whole)


def test_a_worker_waits_no_longer_for_a_lock_than_a_line_takes(folder, monkeypatch):
    monkeypatch.setattr(journal, "STALE_S", 3)
    JOURNAL.parent.mkdir()
    journal.Journal(JOURNAL)._lock.acquire()
    journal.Journal(JOURNAL).append_logs([{"op_code": 0}])
    assert JOURNAL.read_text() == '{"op_code":0}\n'


def test_a_line_that_is_damaged_is_named_and_what_stands_before_it_can_be_kept(folder):
    whole, _ = search("whole")
    search()
    lines = JOURNAL.read_bytes().splitlines(keepends=True)
    JOURNAL.write_bytes(b"".join([*lines[:40], lines[40][:9], *lines[41:]]))
    with pytest.raises(UserError, match=r"search\.a: data/searches/a\.journal: line 41 is damaged; .*\(head -n 40\)"):
        search()
    JOURNAL.write_bytes(b"".join(lines[:40]))
    assert search()[0].equals(whole)


def test_a_share_of_trials_that_is_given_to_another_worker_is_made_once(folder, monkeypatch):
    """As Ray does where a worker is killed: some trials are made, one was begun, and the rest waits."""
    p, _ = params.parse("search.a", ENTRY, Params)
    subject, made = study.Subject("mlp.small", SMALL, lambda *_: None, lambda *_: None), []
    monkeypatch.setattr(study, "_trained", lambda subject, values, p, trial: made.append(trial.number) or 0.5)
    found = study.opened(p, "journal", "s")
    numbers = study.prepare(found, p)
    study.make_trials(found, p, subject, numbers[:2])
    study.Trial(found, found.trials[2]._trial_id)._suggest("train.lr", study.space.drawn(SPACE)["train.lr"])
    study.make_trials(study.opened(p, "journal", "s"), p, subject, numbers)
    assert made == numbers == list(range(6)) and len(study.finished(found, p)) == len(found.trials) == 6


def test_fewer_trials_are_the_first_of_those_that_were_made(folder):
    few, of_few = search("few", ENTRY | {"trials": 4})
    search()
    rows, found = search(entry=ENTRY | {"trials": 4})
    assert rows.equals(few) and found == of_few
