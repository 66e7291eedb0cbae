"""Lay out what `compare` wrote as one page that needs no network. Nothing is computed here, only chosen and ordered."""

import re
from collections.abc import Callable
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from dalsegno.pipeline.duration import duration
from dalsegno.pipeline.errors import counted, joined
from dalsegno.report import architecture, conclusions, curve_plots, formatting, gains, panels, plots, verdict
from dalsegno.report.layout import templates
from dalsegno.report.listening.section import embedded
from dalsegno.report.page import matrices, remarks
from dalsegno.report.page.made import entries, introduction
from dalsegno.report.page.sources import Sources
from dalsegno.report.search import page as search_page
from dalsegno.report.search.found import Search
from dalsegno.report.tables import calibration, costs, grids, inputs, layers, scores, splits, strengths


class _Unmeasured(jinja2.ChainableUndefined):
    def __str__(self) -> str:
        return formatting.UNMEASURED


def render(
    sources: Sources, heard: dict[str, Any] | None, kaggle: dict[str, tuple[float, str]], searched: list[Search]
) -> str:
    """The page as HTML. A number that a source lacks prints `??`.

    heard: listening.json, for the section Listen. kaggle: the score of a submission and its date, by model. searched: the
    searches to tell of.
    """
    page = templates.template(
        "page/page.html.j2",
        undefined=_Unmeasured,
        finalize=lambda value: formatting.UNMEASURED if value is None else value,
        filters={
            "percent": _known(formatting.percent), "share": _known(formatting.share), "duration": duration, "number": _known(formatting.number), "points": _known(formatting.points),
            "p_value": formatting.p_value, "gained": gains.gained, "units": formatting.units,
            "counted": counted, "guessing": formatting.guessing, "joined": joined, "lone": formatting.lone,
        },
    )  # fmt: skip
    s, called = sources.under_stamped_names(), formatting.names(sources.compare)
    names = formatting.ranked(s.compare["models"])
    ranked = [(name, s.compare["models"][name]) for name in names]
    confusions = _by_model(s.tables["confusion"], names)
    return page.render(
        dataset=s.compare["dataset"], protocol=s.compare["protocol"], interval=s.compare["interval"],
        clips=s.clips, splits=s.splits, protocols=s.protocols, impossible=_impossible(s.protocols.get("left_out", {})),
        gains=s.compare["gains"],
        models=ranked,
        seeded=any("accuracy_sd" in m for _, m in ranked),
        trained={name: gains.budgets(name, gain["over"], s.compare["models"]) for name, gain in s.compare["gains"].items()},
        alone={name: gains.alone(name, gain) for name, gain in s.compare["gains"].items()},
        leaks=formatting.sentences(s.compare, "leaks"), remarks=list(remarks.remarks(s.compare, s.clips.get("limits", []))),
        confusions=[matrices.confusion(name, rows) for name, rows in confusions],
        classes=[(name, rows.to_dict("records")) for name, rows in _by_model(s.tables["classes"], names)],
        made_with=s.made_with, machine=s.machine, identity=s.identity, listening=embedded.embedded(heard, called),
        searches=[(key, found, search_page.section(key, trials, found)) for key, found, trials in searched],
        **_verdict(s), **_drawn(s, names), **_made(s, called), **_tables(s, formatting.of_called(kaggle, called)),
    )  # fmt: skip


def _made(s: Sources, called: dict[str, str]) -> dict[str, Any]:
    """What each model is and how it was made."""
    return {
        "made": {name: entries.of_model(own, s.params) for own, name in called.items()},
        "introduced": {name: introduction.line(own, s.params, called) for own, name in called.items()},
        "layers": {name: layers.table(rows) for name, rows in s.layers.items()},
        "layers_legend": layers.LEGEND,
        "architectures": {name: _architecture(rows) for name, rows in s.layers.items()},
        "architecture_caption": architecture.CAPTION,
        "layer_weights": {name: rows.to_dict("records") for name, rows in s.layer_weights.items()},
    }


def _tables(s: Sources, kaggle: scores.Kaggle) -> dict[str, Any]:
    """The tables that other reports have as well, and what a reader of them has to know."""
    models = s.compare["models"]
    return {
        "scores": scores.table(s.compare, kaggle), "scores_legend": scores.legend(s.compare, kaggle),
        "strengths": strengths.table(models, s.tables["confusion"]), "strengths_legend": strengths.LEGEND,
        "calibration": calibration.table(models), "calibration_legend": calibration.legend(s.compare["interval"]),
        "of_costs": costs.table(models), "costs_legend": costs.legend(models),
        "inputs": inputs.table(s.compare), "inputs_legend": inputs.LEGEND,
        "grids": s.grids, "grids_legend": grids.LEGEND,
        "of_parts": splits.parts(s.splits), "leaked": splits.leaks(s.splits["leaks"]),
        "of_protocols": splits.protocols(s.protocols), "protocols_legend": splits.legend(s.protocols),
    }  # fmt: skip


def _verdict(s: Sources) -> dict[str, Any]:
    """What the pairs of models say, in words and cell by cell."""
    of_pairs = s.tables["pairs"].to_dict("records")
    by_name = {(pair["model"], pair["other"]): pair for pair in of_pairs}
    return {
        "said": s.compare["verdict"],
        "verdict": verdict.verdict(s.compare, of_pairs),
        "conclusions": conclusions.conclusions(s.compare, of_pairs, s.tables["confusion"]),
        "pairs": by_name,
        "sentences": {names: verdict.sentence(pair, s.compare) for names, pair in by_name.items()},
        "sure": {names for names, pair in by_name.items() if pair["told_apart"]},
    }


def _drawn(s: Sources, names: list[str]) -> dict[str, Any]:
    """The plots."""
    models, chance, curves = s.compare["models"], 1 / s.compare["dataset"]["classes"], s.tables["curves"]
    return {
        "forests": [
            (label, *(Markup(plots.forest(models, chance, metric, narrow)) for narrow in (False, True)))
            for label, metric in (("Accuracy", "accuracy"), ("Balanced accuracy", "balanced_accuracy"))
            if metric == "accuracy" or not scores.same(models)
        ],
        "overlays": _both(curve_plots.overlays(curves, names), curve_plots.overlays(curves, names, 120)),
        "learning": _both(
            curve_plots.learning(curves, names), curve_plots.learning(curves, names, 190, 110, columns=1)
        ),
        "behind": curve_plots.behind(curves),
        **{
            name: [Markup(draw(s.tables[name], names, shape)) for shape in (panels.BROAD, panels.NARROW)]
            for name, draw in (("reliability", panels.reliability), ("coverage", panels.coverage))
        },
        "costs": _both(plots.costs(models), plots.costs(models, plots.NARROW)),
    }


def _both(broad: list[tuple[str, str]], narrow: list[tuple[str, str]]) -> list[tuple[str, Markup, Markup]]:
    """(what it shows, the plot, the same as a phone shows it)."""
    return [(label, Markup(svg), Markup(slim)) for (label, svg), (_, slim) in zip(broad, narrow, strict=True)]


def _architecture(layers: pd.DataFrame) -> tuple[Markup, Markup]:
    """The drawing of a network, and the same as a phone shows it."""
    return Markup(architecture.drawn(layers)), Markup(architecture.drawn(layers, architecture.NARROW))


def _by_model(rows: pd.DataFrame, names: list[str]) -> list[tuple[str, pd.DataFrame]]:
    return [(name, rows[rows["model"] == name]) for name in names]


def _known(write: Callable[..., str]) -> Callable[..., str]:
    """`write` as a filter: a value that the sources lack is None to it."""
    return lambda value, *options: write(None if isinstance(value, jinja2.Undefined) else value, *options)


def _impossible(left_out: dict[str, str]) -> dict[str, list[str]]:
    """Protocols by why they cannot be run, without the setting and the advice that the error message of a run has."""
    by_reason: dict[str, list[str]] = {}
    for name, why in left_out.items():
        by_reason.setdefault(re.sub(r"^splits\.protocol: (\w+: )?", "", why).split("; use ")[0], []).append(name)
    return by_reason
