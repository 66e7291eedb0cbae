"""A model card in Hugging Face's format (huggingface.co/docs/hub/model-cards), from what the run measured and nothing else."""

from pathlib import Path
from typing import Any

import yaml

from dalsegno.artefacts.learning import json_file
from dalsegno.artefacts.markdown import literal, sentence
from dalsegno.inference.stored import find, model_file, model_licence
from dalsegno.pipeline import params
from dalsegno.pipeline.duration import duration
from dalsegno.pipeline.errors import UserError, counted, hint, quoted
from dalsegno.scoring.ensembles import FAMILY
from dalsegno.scoring.metrics import METRICS

METRICS_DIR = Path("metrics")
SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss")


def card(name: str, licences: dict[str, str]) -> str:
    """The card of a model of the run, or of one trained on all clips. licences: of published weights, by their path.

    Raises UserError if the run has not scored the model, or its numbers are not there.
    """
    compared, clips, splits = (_read(METRICS_DIR / f"{part}.json") for part in ("compare", "clips", "splits"))
    stored = [model_file.read(path) for path in find.files(name)]
    final = stored[0].final
    scored = final["model"] if final else name
    if scored not in compared["models"]:
        known = list(compared["models"])
        raise UserError(
            f"{scored}: metrics/compare.json has no such model{hint(scored, known)}; it has {', '.join(known)}"
        )
    licence = model_licence.licence(stored, licences)
    scores = compared["models"][scored]
    parts = [
        f"---\n{yaml.safe_dump(_front(name, compared, {} if final else scores, licence), sort_keys=False, allow_unicode=True)}---\n",
        f"# {literal(name)}\n\n{_what(name, stored)}",
        f"## Data\n\n{_data(compared, clips)}{_before(stored)}",
        f"## Protocol\n\n{_protocol(compared, splits)}",
        f"## Results\n\n{_estimate(final)}{_results(compared, scores, final)}",
        f"## Limits\n\n{_limits(compared, scores, splits)}",
        f"## Licence\n\n{model_licence.words(stored, licence)}",
        f"## Use\n\n```console\n$ dalsegno predict {name} FILE\n```\n\n{_alone(stored)}",
    ]
    return "\n\n".join(parts) + "\n"


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        todo = "dvc repro writes it" if Path(params.FILE).is_file() else "run from the top of the repository"
        raise UserError(f"{path}: no such file in {Path.cwd()}; {todo}")
    return json_file.read(path)


def _front(name: str, compared: dict, scores: dict, licence: str) -> dict[str, Any]:
    """The YAML above the text, by which the Hub files a model; scores: empty if none belong to it."""
    shown = () if _leaky(compared, scores) else SHOWN  # scores that are too high must not be ranked
    values = [{"type": metric, "value": scores[metric]} for metric in shown if scores.get(metric) is not None]
    dataset = {"type": "audio", "name": compared["dataset"]["title"], "split": compared["protocol"]["part"]}
    result = {"task": {"type": "audio-classification"}, "dataset": dataset, "metrics": values}
    about = {"library_name": "dalsegno", "pipeline_tag": "audio-classification"}
    about |= {"license": "other", "license_name": licence, "tags": ["audio", "music"]}
    return about | ({"model-index": [{"name": name, "results": [result]}]} if values else {})


def _what(name: str, stored: list[model_file.Stored]) -> str:
    kinds = {
        "classical": "a scikit-learn estimator ({estimator}) on features of sound",
        "mlp": "a network ({arch}) on features of sound",
        "convolutional": "a network ({arch}) on spectrograms of the kind {kind}",
        "frozen": "a new head on the frozen network {arch}, which sees spectrograms of the kind {kind}",
    }
    lines = []
    for of in stored:
        seen = of.content.get("backbone", of.content)
        words = of.content | {"kind": seen.get("spectrogram", {}).get("kind")}
        start = f"; it started from `{of.content['weights']}`" if of.content.get("weights") else ""
        lines.append(f"{kinds[of.kind].format(**words)}{start}. {_trained(of)}")
    opening = "An ensemble, the mean of:\n\n- " if name.startswith(f"{FAMILY}/") else ""
    body = "\n- ".join(lines) if opening else lines[0][0].upper() + lines[0][1:]
    return f"{opening}{body}\n\nClasses: {', '.join(map(literal, map(quoted, stored[0].labels)))}."


def _trained(of: model_file.Stored) -> str:
    """How many sets of weights there are, and on what a final model was trained."""
    if not of.final:
        return f"It answers as the mean of {counted(len(of.runs), 'set')} of weights, one per fold and seed."
    epochs = f", for {counted(of.final['epochs'], 'epoch')}" if "epochs" in of.final else ""
    return f"It was trained once, on all labelled clips ({of.final['clips']:,}){epochs}, as `{of.final['model']}` is trained."


def _estimate(final: dict[str, Any] | None) -> str:
    if not final:
        return ""
    return (
        f"No test result belongs to this model, for it knows every labelled clip. The scores below are those of "
        f"`{final['model']}`: the same recipe, trained on fewer clips and scored on clips that it did not know. They are "
        "the estimate of how this model does on new clips of the same source.\n\n"
    )


def _data(compared: dict, clips: dict) -> str:
    of_class = ", ".join(f"{literal(quoted(label))} {n}" for label, n in clips["labels"].items())
    excluded = _kinds(clips["excluded"]) or "none"
    synthetic = " The clips are synthetic: the scores say nothing about real music." if clips["synthetic"] else ""
    lasting = f"{duration(3600 * clips['hours'])} of sound, " if clips["hours"] else ""  # pictures last no time
    return (
        f"Data set: {literal(compared['dataset']['title'])}, {counted(clips['used'], 'clip')}, {lasting}of "
        f"{counted(len(clips['labels']), 'class')} ({of_class}). Excluded files: {excluded}.{synthetic}"
    )


def _before(stored: list[model_file.Stored]) -> str:
    """What the weights that models started from were trained on, a sentence each, as far as their files say."""
    said = []
    for of in (of for of in stored if of.content.get("weights")):
        rest = of.content.get("provenance", {})
        lists = [run.get("clips", {}) for run in of.runs]
        met = {
            sha
            for run in lists
            for sha, part in zip(run.get("sha256", []), run.get("part", []), strict=True)
            if part == "inherited"
        }
        on = [f"{counted(len(met), 'other clip')} listed in the model"] * bool(met) + [
            f"recordings of {literal(name)}" for name in rest.get("recordings", [])
        ]
        words = f"trained on {', and on '.join(on)}" if on else "not trained on any recordings that its file names"
        said.append(f"\n\n`{of.content['weights']}`, from which it started, was {words}.")
    return "".join(dict.fromkeys(said))


def _protocol(compared: dict, splits: dict) -> str:
    p = compared["protocol"]
    leaks = _kinds(splits["leaks"])
    found = f"Found on both sides: {leaks}." if leaks else "No clip, copy or group stands on both sides."
    return (
        f"`{p['name']}`: folds {p['folds']}, repeats {p['repeats']}, seeds {p['seeds']}; scored on the {p['part']} part, "
        f"{counted(p['predictions'], 'prediction')}. {found}"
    )


def _kinds(numbers: dict[str, int]) -> str:
    """`exact copy (3), silent (1)`: what there is any of."""
    return ", ".join(f"{kind.replace('_', ' ')} ({n})" for kind, n in numbers.items() if n)


def _results(compared: dict, scores: dict, final: dict[str, Any] | None) -> str:
    """A table; the scores are those of single folds, not of their mean, which no held-out clip can judge."""
    interval = compared["interval"]
    rows = []
    for metric in (metric for metric in METRICS if scores.get(metric) is not None):
        low, high = scores.get(f"{metric}_low"), scores.get(f"{metric}_high")
        ends = f"{low:.3f} to {high:.3f}" if low is not None and high is not None else "none"
        rows.append(f"| {metric.replace('_', ' ')} | {scores[metric]:.3f} | {ends} |")
    head = f"| metric | value | {100 * interval['confidence']:g}% interval |\n| --- | --- | --- |"
    note = f"Intervals count {counted(interval['units'], interval['unit'])}."
    leaky, protocol = _leaky(compared, scores), compared["protocol"]
    note += "" if leaky else " Each clip was scored by models that did not train on it."
    if not final and (protocol["folds"] > 1 or protocol["seeds"] > 1):
        of = (
            "folds, which no clip here can judge"
            if protocol["folds"] > 1
            else "seeds, and the scores are means of theirs"
        )
        note += f" The stored model answers as the mean of all {of}."
    return "\n".join([leaky + head, *rows, "", note])


def _leaky(compared: dict, scores: dict) -> str:
    """A stamp for scores that are too high; empty for others."""
    known = "on some of what is scored here, on copies of it, or on clips of its groups"
    return f"**LEAKY**: it was trained {known}. These scores are too high.\n\n" * bool(
        scores.get("leaks") or compared["protocol"]["leaky"]
    )


def _limits(compared: dict, scores: dict, splits: dict) -> str:
    lines = [
        "The intervals hold for new clips of the same source. They do not cover other recording conditions, or another draw of the training clips.",
        "It names one of its classes for every sound, also for one that is none of them; `--threshold` lets it abstain.",
        *compared["protocol"]["caveats"], *scores.get("leaks", []), *scores.get("notes", []),
    ]  # fmt: skip
    if splits["allow_leaks"]:
        lines.append(f"Leaks were allowed: {splits['allow_leaks']}.")
    return "\n".join(f"- {sentence(line)}" for line in lines)


def _alone(stored: list[model_file.Stored]) -> str:
    """How it is asked where the run is not."""
    files = [f"`{of.path.as_posix()}`" for of in stored]
    if len(files) > 1:
        return f"It needs the files of all its members, {', '.join(files)}, and the `params.yaml` that names them."
    return f"or, with the stored file {files[0]} alone, `dalsegno predict {stored[0].path.name} FILE`."
