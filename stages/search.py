"""Search the settings of a model by its validation clips, and only then score the best on the test clips."""

import os
from functools import partial
from pathlib import Path
from typing import Any

from dalsegno.artefacts.learning import json_file, splits_csv
from dalsegno.pipeline import files, params, progress, runtime, stage
from dalsegno.pipeline.errors import UserError, about, counted
from dalsegno.pipeline.runtime import Runtime
from dalsegno.report.search import page
from dalsegno.scoring import compare, held_out, intervals
from dalsegno.search import entry, journal, outcome, study, subject
from dalsegno.search.told import told

import torch
import yaml


def main(
    key: str, source: str, splits_path: str, clips_json: str, splits_json: str, journal_path: str, out_dir: str
) -> None:
    p = params.variant(key, search=entry.Params)
    r, asked = params.load(runtime=Runtime, compare=intervals.Params)
    with about(f"search.{key}"):
        splits = splits_csv.read(splits_path)
        device = r.torch_device()
        of = subject.subject(p.of, source, splits, device)
        of.check(p.input, p.space)
        if p.folds and p.folds > len(folds := splits_csv.numbers(splits)):
            raise UserError(f"folds: {p.folds} are asked for, and the splits have {len(folds)}; null takes all")
        name = study.name(p, of, files.digest([Path(source), Path(splits_path), *of.files(p.space)]))
        Path(journal_path).parent.mkdir(parents=True, exist_ok=True)
        journal.mend(Path(journal_path))
        left = study.prepare(study.opened(p, journal_path, name), p)
        progress.say(f"{counted(p.n_trials, 'trial')} of {p.of}, {len(left)} of them to be made")
        workers = max(1, min(p.workers, len(left)))
        with told(study.opened(p, journal_path, name), p, left, progress.say):
            if workers == 1 and r.backend == "loky":
                study.make_trials(study.opened(p, journal_path, name), p, of, left)
            else:
                work = partial(_work, p, source, splits_path, journal_path, name, workers)
                shares = [left[i::workers] for i in range(workers)]
                list(runtime.each(work, enumerate(shares), r, workers, gpus=int(device.type == "cuda")))
        clips, drawn = map(json_file.read, (clips_json, splits_json))
        stated = {"synthetic": clips["synthetic"], "leaky": drawn["leaky"], "confidence": asked.confidence}
        _write(p, of, study.opened(p, journal_path, name), out_dir, Path(splits_path), stated)


def _work(
    p: entry.Params, source: str, splits_path: str, journal_path: str, name: str, workers: int,
    share: tuple[int, list[int]],
) -> None:  # fmt: skip
    """The trials of one of several processes, which loads the data itself. share: its number from 0, and those of its trials."""
    i, numbers = share
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // workers))
    device = params.load(runtime=Runtime).torch_device()
    if device.type == "cuda":
        device = torch.device("cuda", i % torch.cuda.device_count())  # of those that this worker sees
    of = subject.subject(p.of, source, splits_csv.read(splits_path), device)
    study.make_trials(study.opened(p, journal_path, name), p, of, numbers)


def _write(
    p: entry.Params, of: subject.Subject, found: Any, out_dir: str, splits_path: Path, stated: dict[str, Any]
) -> None:
    """trials.csv, best.yaml, search.json and page.html; the best settings are trained anew on all folds to be scored.

    stated: what search.json says besides, `confidence` among it.
    """
    rows, (value, values) = outcome.table(found, p), outcome.best(found, p)
    chosen = of.with_values(values)
    n_valid = len({clip for run in study.runs(of, chosen, p) for clip in run.valid_ids})
    with files.atomic(out_dir) as draft:
        draft.mkdir()
        rows.to_csv(draft / "trials.csv", index=False, lineterminator="\n")
        files.write_text(draft / "best.yaml", yaml.safe_dump({p.of: values}, sort_keys=False))
        progress.say(f"best of {len(rows)}: {p.metric} {value:.4f}; now trained on all folds and scored")
        of.train(chosen, draft / "best", draft / "curves")
        s = held_out.held_out(splits_csv.read(splits_path))
        table = held_out.predicted(p.of, draft / "best/predictions.parquet", s)
        s = held_out.shared(s, [table])
        scores = compare.accuracy("accuracy", s, held_out.runs(s, table), stated["confidence"])
        scores |= compare.known(draft / "best/leaks.json", stated["synthetic"])
        found_ = stated | scores | {
            "of": p.of, "sampler": p.sampler, "pruner": p.pruner, "space": p.space, "metric": p.metric, "best": value, "values": values, "trials": len(rows), "part": s.part,
            "flattery": outcome.flattery(rows, p, n_valid), "importance": outcome.importance(found, p),
        }  # fmt: skip
        json_file.write(draft / "search.json", found_, exact=True)
        files.write_text(draft / "page.html", page.render(Path(out_dir).name, rows, found_))


if __name__ == "__main__":
    stage.run(main)
