"""The page, the paper and the Markdown file show the same tables: the same values in the same words and order."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support import fake_runs

from dalsegno.artefacts import grid_json, kaggle_csv
from dalsegno.report.page import sources
from dalsegno.report.paper import content, own_words

SKILL = {
    "classical/majority": None,
    "classical/svm": 1.1,
    "mlp/features": 1.2,
    "cnn/conv": 1.4,
    "transfer/finetuned": 1.9,
}
GRID = [{"C": 1e-7, "kernel": "rbf"}, {"C": 3.0, "kernel": "rbf"}]


class Tables(HTMLParser):
    """The tables of a page: rows of cells, each of them a value and what stands below it."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.cell, self.below = [], None, False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.cell = ["", ""]
            self.tables[-1][-1].append(self.cell)
        elif tag == "br" and self.cell:
            self.cell[0] += " "
        elif dict(attrs).get("class") == "ends":
            self.below = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.cell = None
        elif tag == "span":
            self.below = False

    def handle_data(self, data):
        if self.cell:
            self.cell[self.below] += data


def of_page(html):
    return [[[(value.strip(), below) for value, below in row] for row in rows] for rows in Tables(html).tables]


def of_markdown(text):
    found = [[]]
    for line in text.splitlines():
        if not line.startswith("| "):
            found += [[]] if found[-1] else []
        elif not line.startswith("| ---"):
            cells = line.replace("&lt;", "<").replace("\\", "").strip("| ").split(" | ")
            parts = [re.fullmatch(r"([^ ]+) \(([^()]*\d)\)|(.*)", cell).groups("") for cell in cells]
            found[-1].append([(value or whole, below) for value, below, whole in parts])
    return [rows for rows in found if rows]


def of_paper(root, args):
    plots, clips_json, splits_json, protocols, runs, clips_csv, *_ = fake_runs.for_report(root, args)
    read = sources.read(args[5], plots, clips_json, splits_json, protocols, runs, {"data": clips_csv}, {})
    p, examples = (
        own_words.Params(team=[], search="data/clips.csv"),
        json.loads(Path(fake_runs.examples(root)).read_text()),
    )
    made = content.content(read.under_stamped_names(), p, kaggle_csv.read(args[8]), None, [], examples)
    tables = [block for part in made["sections"] for block in part["blocks"] if block["kind"] == "table"]
    heads = [[head.replace("\n", " ") for head in block["head"]] for block in tables]
    rows = [[[tuple(f"{cell}\n".split("\n")[:2]) for cell in row] for row in block["rows"]] for block in tables]
    return [[[(head, "") for head in names], *cells] for names, cells in zip(heads, rows, strict=True)]


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The tables of each report, by the heads of their first two columns; the first of those that have the same."""
    root = tmp_path_factory.mktemp("three")
    args = fake_runs.build(root, skill=SKILL, classes=fake_runs.CLASSES[:5], per_class=12)
    fake_runs.write_params(root, SKILL, {"both": ["classical/svm", "cnn/conv"]})
    runs = [grid_json.of_run(fold, 0, GRID, accuracies) for fold, accuracies in enumerate([(0.5, 0.75), (0.25, 0.25)])]
    grid_json.write(root / "runs/classical/svm" / grid_json.OF_RUN, runs)
    kaggle_csv.write(args[8], {"cnn/conv": (0.8125, "2026-01-02")})
    (root / "data/costs").mkdir()
    (root / "data/costs/features.json").write_text(json.dumps({"s": 1.5, "clips": 60, "ms_per_clip": 25.0}))
    fake_runs.compared(root, args)
    made = of_page(fake_runs.reported(root, args)), of_markdown(Path(args[6]).read_text()), of_paper(root, args)
    return [{(rows[0][0][0], rows[0][1][0]): rows for rows in reversed(of_report)} for of_report in made]


@pytest.mark.parametrize(
    ("table", "n"),
    [
        (("model", "accuracy"), 8),
        (("model", "calibration error"), 8),
        (("model", "parameters (trained)"), 8),
        (("settings", "validation accuracy mean, %"), 3),
    ],
)
def test_three_reports_have_one_table(reports, table, n):
    page, markdown, paper = (of_report[table] for of_report in reports)
    assert len(page) == n
    assert page == markdown == paper


@pytest.mark.parametrize("table", [("fold", "train"), ("protocol", "segments"), ("model", "strongest class")])
def test_page_and_paper_have_one_table(reports, table):
    page, _, paper = (of_report.get(table) for of_report in reports)
    assert page == [row[: len(page[0])] for row in paper]  # the paper adds how training went


def test_a_score_that_came_back_from_kaggle_has_a_column(reports):
    head, *rows = reports[1]["model", "accuracy"]
    assert head[-1] == ("Kaggle", "")
    assert {row[0][0]: row[-1] for row in rows if row[-1][0] != "–"} == {"cnn/conv": ("81.2", "2026-01-02")}


def test_what_there_cannot_be_is_told_from_what_was_not_measured(reports):
    costs = {row[0][0]: [value for value, _ in row] for row in reports[1]["model", "parameters (trained)"]}
    assert costs["classical/svm"][1:4] == costs["ensembles/both"][1:4] == ["–"] * 3
    assert costs["cnn/conv"][6] == "??"


def test_a_grid_is_told_with_what_was_chosen(reports):
    _, *rows = reports[0]["settings", "validation accuracy mean, %"]
    said = [[value for value, _ in row] for row in rows]
    assert said == [
        ["C: 1e-07, kernel: rbf", "37.5", "25.0", "50.0", "1 of 2"],
        ["C: 3, kernel: rbf", "50.0", "25.0", "75.0", "1 of 2"],
    ]
