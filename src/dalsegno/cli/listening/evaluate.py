"""`dalsegno evaluate MODEL FOLDER`: scores with intervals on another labelled collection, without clips that the model knows."""

import argparse
import json
import re
from collections import Counter

from dalsegno.cli import options
from dalsegno.cli.listening.answers import printable
from dalsegno.inference import evaluate, known, model
from dalsegno.pipeline import progress, runtime
from dalsegno.pipeline.errors import UserError, abridged, counted, quoted
from dalsegno.report import formatting
from dalsegno.scoring import intervals
from dalsegno.scoring.metrics import METRICS

N_SHOWN = 10  # files of a kind that are named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, the collection, and how their classes correspond."""
    options.examples(
        parser,
        "dalsegno evaluate cnn/conv other_songs/",
        "dalsegno evaluate cnn/conv other_songs/ --labels hip-hop=hiphop,classic=classical --json",
    )
    parser.add_argument("model", metavar="MODEL", type=options.name, help=options.MODEL)
    parser.add_argument("folder", metavar="FOLDER", type=options.path, help="a collection with a folder per class")
    parser.add_argument(
        "--labels",
        metavar="THEIRS=OURS,…",
        type=_pairs,
        default={},
        help=r"classes that have other names there; write a comma or = within a name as \, or \=",
    )
    parser.add_argument(
        "--confidence", type=float, default=0.95, help="confidence of the intervals (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the scores, and what was not scored. Raises UserError if nothing can be scored."""
    if not 0.5 < arguments.confidence < 1:
        raise UserError(f"--confidence is {arguments.confidence:g}; expected more than 0.5 and less than 1")
    asked = model.load(arguments.model)
    found = evaluate.collection(arguments.folder, asked, arguments.labels)
    answers = list(progress.bar(evaluate.answered(asked, found), "evaluate", len(found.clips)))
    copies = known.known(asked, list(found.clips["path"]), runtime.Runtime())
    scores = evaluate.scores_apart(asked, found, answers, copies, intervals.Params(confidence=arguments.confidence))
    scores |= {"no_counterpart": dict(found.no_counterpart), "unlabelled": found.unlabelled, "hidden": found.hidden}
    for name in ("unread", "unheard", "cut_off"):
        scores[name] = [{"path": str(path), "fault": fault} for path, fault in getattr(found, name)]
    scores |= {"known": copies.copies.astype(str).to_dict("records"), "unsaid": list(copies.unsaid)}
    print(json.dumps(scores, indent=1, ensure_ascii=False) if arguments.json else "\n".join(_lines(scores, arguments)))


def _lines(scores: dict, arguments: argparse.Namespace) -> list[str]:
    lines = [
        f"{arguments.model} on {counted(scores['clips'], 'clip')} of {printable(arguments.folder)}, {formatting.share(arguments.confidence, None)} intervals over {formatting.units(scores)}",
        "",
    ]
    for name in (name for name in METRICS if name in scores):
        value, low, high = (scores[f"{name}{end}"] for end in ("", "_low", "_high"))
        loss = METRICS[name].kind == "loss"
        shown = [formatting.number(v, 3) if loss else formatting.percent(v) for v in (value, low, high)]
        ends = f" ({shown[1]} to {shown[2]})" if low is not None else ""
        lines.append(f"{name.replace('_', ' '):<20}{shown[0]:>7}{'' if loss else '%'}{ends}")
    alike = f"{counted(scores['copies'], 'exact copy')} of other files not scored, as in a run"
    doubtful = (
        f"{counted(scores['doubtful'], 'file')} not scored, as an exact copy of each is in another class, as in a run"
    )
    lines += [
        "",
        *_unbounded(scores),
        *([alike] if scores["copies"] else []),
        *([doubtful] if scores["doubtful"] else []),
        *_near(scores["near"]),
        *_known(scores),
        *_not_scored(scores),
    ]
    return lines[:-1] if lines[-1] == "" else lines


def _unbounded(scores: dict) -> list[str]:
    """Why some scores have no interval."""
    if scores["units"] < 2:
        return [f"With a single independent {scores['unit']} there is no interval."]
    return [said] if (said := formatting.lone(scores)) else []


def _near(pairs: list[dict[str, str]]) -> list[str]:
    """Which clips are near copies of one another, and what that means for the intervals."""
    head = f"{counted(len(pairs), 'pair')} of near copies; near copies count as one group, as in a run:"
    lines = [f"{printable(pair['path_b'])}: near copy of {printable(pair['path_a'])}" for pair in pairs]
    return [head, *(f"  {line}" for line in abridged(lines, N_SHOWN))] if pairs else []


def _known(scores: dict) -> list[str]:
    """What is said of clips that the model knows."""
    copies, unsaid = scores["known"], [f"note: {words}" for words in scores["unsaid"]]
    if not copies:
        return unsaid
    kinds = Counter(copy["kind"] for copy in copies)
    numbers = " and ".join(counted(n, f"{kind} copy") for kind, n in sorted(kinds.items()))
    if scores["with_known"] is None:
        head = f"all of them are clips that the model was trained on ({numbers}): the scores say what it remembers, not how well it does on new sound"
    else:
        accuracy = formatting.share(scores["with_known"]["accuracy"])
        head = f"left out: {numbers} of clips that the model was trained on; with them its accuracy is {accuracy}:"
    lines = [f"{printable(copy['path'])}: {copy['kind']} copy of {copy['clip']}" for copy in copies]
    return [head, *(f"  {line}" for line in abridged(lines, N_SHOWN)), *unsaid]


def _not_scored(scores: dict) -> list[str]:
    """How many files were not scored, why, and which; and which were scored in part."""
    absent = ", ".join(f"{quoted(printable(label))} ({n})" for label, n in sorted(scores["no_counterpart"].items()))
    n_absent, n_loose = sum(scores["no_counterpart"].values()), scores["unlabelled"]
    lines = (
        [f"{counted(n_absent, 'file')} not scored, of classes that the model does not know: {absent}"] if absent else []
    )
    lines += [f"{counted(n_loose, 'file')} not scored, outside the class folders"] if n_loose else []
    lines += [f"{counted(scores['hidden'], 'hidden file')} skipped"] if scores["hidden"] else []
    lines += _named(scores["unread"], "not scored, unreadable or without a class")
    lines += _named(scores["unheard"], "not scored, because there is no sound to judge by")
    return lines + _named(scores["cut_off"], "scored in part, cut off")


def _named(entries: list[dict[str, str]], how: str) -> list[str]:
    """How many files went one way, and which."""
    head = [f"{counted(len(entries), 'file')} {how}:"] if entries else []
    lines = [f"{printable(entry['path'])}: {entry['fault']}" for entry in entries]
    return head + [f"  {line}" for line in abridged(lines, N_SHOWN)]


def _pairs(words: str) -> dict[str, str]:
    """Classes there and here; a backslash before a comma or an equals sign makes it a part of a name."""
    pairs = [_parted(word) for word in re.split(r"(?<!\\),", words)]
    wrong = [their for their, sign, our in pairs if not (their and sign and our)]
    if wrong:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r} is not a pair; expected theirs=ours,theirs=ours")
    ours = {their: our for their, _, our in pairs}
    if twice := [their for their, _, our in pairs if ours[their] != our]:
        raise argparse.ArgumentTypeError(
            f"{twice[0]!r} is given two names; each class there corresponds to one class of the model"
        )
    return ours


def _parted(word: str) -> tuple[str, str, str]:
    """Their name, the sign between the two, and ours."""
    their, *rest = (re.sub(r"\\([,=])", r"\1", part.strip()) for part in re.split(r"(?<!\\)=", word, maxsplit=1))
    return their, "=" if rest else "", "".join(rest)
