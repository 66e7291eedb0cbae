"""The HTML report of made-up runs: it says what compare wrote, needs no network, and marks what is synthetic or leaks."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from support import fake_runs
from support.finished_search import a_search
from support.wording import faults

from dalsegno.artefacts import settings_json
from dalsegno.report import conclusions

FEW = {"classical/majority": None, "mlp/features": 1.2, "transfer/finetuned": 1.9}
SMALL = {"skill": FEW, "classes": fake_runs.CLASSES[:4]}
HOSTILE = ["<script>alert(1)</script>", "rock & roll", "a$b$c_{", 'quo"ted', "NA"]


class Page(HTMLParser):
    """What a browser would make of a page: the tags it opens, where they point, its words and ids."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.ids, self.words = [], [], [], []
        self.feed(html)
        self.text = " ".join("".join(self.words).replace("\xa0", " ").split())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.words += [" "] if tag in ("td", "th", "dt", "dd", "span") else []
        self.tags.append(tag)
        self.links += [attrs[a] for a in ("href", "src", "xlink:href") if a in attrs]
        self.ids += [attrs["id"]] if "id" in attrs else []

    def handle_data(self, data):
        if self.tags[-1:] not in (["style"], ["script"]):
            self.words.append(data)


def render(root, args):
    """report.html of a tree that is not compared yet."""
    fake_runs.compared(root, args)
    return report(root, args)


def report(root, args, change=None):
    """report.html of what compare wrote; `change` edits a copy of compare.json."""
    comparison = json.loads(Path(args[5]).read_text())
    if change:
        change(comparison)
    (root / "shown.json").write_text(json.dumps(comparison))
    return fake_runs.reported(root, args, str(root / "shown.json"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("report")
    args = fake_runs.build(root, **SMALL)
    return root, args, render(root, args)


@pytest.fixture(scope="module")
def html(tree):
    return tree[2]


def test_needs_no_network_and_runs_its_own_scripts_alone(html):
    page = Page(html)
    assert page.tags.count("script") == html.count("<script>") == 2  # of all pages and of this one
    assert not re.search(r"<[^>]* on\w+=", html)
    assert "link" not in page.tags
    beside = {link for link in page.links if not link.startswith("#")}
    assert beside <= {"doctor.html", "submissions/predictions.csv"}  # what the run leaves beside the page
    assert not re.search(r"url\((?!#)|@import", html)
    assert {link[1:] for link in page.links if link not in beside} <= set(page.ids)


def test_every_result_says_synthetic(html):
    results = re.findall(r"<h1.*?</h1>|<caption>.*?</caption>|</div>\s*<figcaption>.*?</figcaption>", html, re.DOTALL)
    assert len(results) >= 12
    unsaid = [r for r in results if "synthetic data" not in r]
    assert len(unsaid) == 1
    assert "Labelled clips in each part" in unsaid[0]
    assert "<title>Synthetic styles (synthetic): models compared</title>" in html


def test_shows_the_scores_that_compare_wrote(tree):
    _, args, html = tree
    page = Page(html)
    comparison = json.loads(Path(args[5]).read_text())
    for name, m in comparison["models"].items():
        row = f"{name} {100 * m['accuracy']:.1f} {100 * m['accuracy_low']:.1f}–{100 * m['accuracy_high']:.1f} {comparison['verdict']['letters'][name]} "
        assert row in page.text
    assert page.tags.count("svg") == 2 * (
        1 + 2 + 3 + 2 + 4
    )  # intervals, overlays, losses, calibration and coverage, costs: each broad and narrow
    assert "Excluded 1 exact copy, 1 hidden file, 1 silent, 1 unreadable" in page.text
    assert "0 60 20 40 0" in page.text  # fold, train, valid, test, left out


def test_numbers_are_written_in_one_style(tree):
    _, args, html = tree
    assert faults(Page(html).text) == faults(Path(args[6]).read_text()) == []


def test_what_was_not_measured_prints_question_marks(html):
    page = Page(html)
    assert re.search(r"classical/majority – – – 3\.14 – \?\? 0\.123 612 ", page.text)
    assert "Means over the runs of a model, all trained on the CPU." in page.text  # and so no column of devices
    assert "transfer/finetuned ??" not in page.text


def test_a_missing_interval_is_not_invented(tree):
    def one_unit(comparison):
        for m in comparison["models"].values():
            m |= {end: None for end in m if end.endswith(("_low", "_high"))}
        comparison["interval"]["units"] = 1

    page = Page(report(*tree[:2], one_unit))
    assert "With a single independent group there is no interval, and no model can be told from another." in page.text
    assert "over 1 independent group;" in page.text and "1 independent groups" not in page.text
    assert "% of the 40 test clips. With a single" in page.text


def test_what_pretraining_gains_is_shown_with_its_interval_and_test(tree):
    def unsure(comparison):
        gain = {
            "accuracy": 0.031,
            "low": -0.01,
            "high": 0.072,
            "p_value": 0.4,
            "told_apart": False,
            "right_alone": 1,
            "wrong_alone": 0,
        }
        comparison["gains"]["transfer/finetuned"] |= gain

    def one_unit(comparison):
        comparison["gains"]["transfer/finetuned"] |= {"accuracy": -0.0001, "low": None, "high": None}

    root, args, html = tree
    text = Page(report(root, args, unsure)).text
    assert (
        "Pretraining gains 3.1 points of accuracy, which may be chance (between a loss of 1.0 and a gain of 7.2). On average"
        in text
    )
    assert (
        "is right about 1 clip that transfer/finetuned-scratch gets wrong, and wrong about 0 that it gets right" in text
    )
    assert "Sign-flip test: p = 0.400 for this one" in text
    assert "gains 0.0 points of accuracy (no interval can be stated)" in Page(report(root, args, one_unit)).text
    assert "gains" in Page(html).ids
    assert "gains" not in Page(report(root, args, lambda comparison: comparison["gains"].clear())).ids


def test_a_single_model_and_a_single_class_are_not_told_in_the_plural(tmp_path):
    args = fake_runs.build(tmp_path, skill={"cnn/conv": 1.4}, classes=["a"], groups_per_class=3)
    text = Page(render(tmp_path, args)).text
    for said in (text, (tmp_path / "reports/compare.md").read_text()):
        assert "of 1 class" in said
        assert not re.search(r"\b1 (classes|models|groups)", said)
        assert "share a letter" not in said and "tied" not in said[: said.index("log-loss")]
    assert "The best of" not in text


def test_of_many_classes_without_an_interval_some_are_named(tmp_path):
    few = {"skill": FEW, "classes": [f"class {i:02}" for i in range(12)], "per_class": 6, "groups_per_class": 3}
    args = fake_runs.build(tmp_path, **few)
    text = Page(render(tmp_path, args)).text
    for said in (text, (tmp_path / "reports/compare.md").read_text()):
        assert "scored clips are all of a single group, so that nobody can tell" in said
        assert "differ: “class 00”, “class 01”, “class 02”, “class 03”, “class 04”, … and 7 more." in said


def test_a_name_longer_than_a_line_is_broken_and_widens_no_page(html):
    assert re.search(r"\nbody \{[^}]*overflow-wrap: break-word", html)


def test_segment_accuracy_is_a_column_where_some_model_has_it(html, tmp_path):
    skill = {"mlp/features": 0.5, "cnn/conv": 1.5}
    args = fake_runs.build(tmp_path, skill=skill, classes=fake_runs.CLASSES[:4])
    text = Page(render(tmp_path, args)).text
    m = json.loads(Path(args[5]).read_text())["models"]["cnn/conv"]
    ends = f"{100 * m['segment_accuracy_low']:.1f}–{100 * m['segment_accuracy_high']:.1f}"
    assert "accuracy tied segmentaccuracy top-3accuracy macroprecision" in text  # two lines each
    assert f" {100 * m['segment_accuracy']:.1f} {ends} " in text
    assert re.search(r"mlp/features [\d.]+ [\d.]+–[\d.]+ \w+ – [\d.]+ ", text)
    assert "segmentaccuracy" not in Page(html).text


def test_hostile_names_are_text(tmp_path):
    args = fake_runs.build(tmp_path, classes=sorted(HOSTILE), skill=FEW, title="<img src=x onerror=alert(1)>")
    html = render(tmp_path, args)
    page = Page(html)
    assert page.tags.count("script") == 2
    assert "img" not in page.tags
    for name in HOSTILE:
        assert name in page.text
    assert page.text.count("<img src=x onerror=alert(1)>") >= 2


def test_the_verdict_is_a_tie_or_a_winner(tmp_path):
    near = {"mlp/features": 1.2, "cnn/conv": 1.25}
    tie = Page(render(tmp_path / "near", fake_runs.build(tmp_path / "near", classes=["a", "b"], skill=near))).text
    assert "do not tell it apart from" in tie and "Nothing here says that any model is better than another" in tie
    far = {"mlp/features": 0.2, "cnn/conv": 3.0, "classical/majority": None}
    won = Page(render(tmp_path / "far", fake_runs.build(tmp_path / "far", skill=far))).text
    assert "the most of all. It is better than both other models, by more than chance explains." in won
    assert "cnn/conv beats mlp/features by" in won and "after Holm over 3 pairs" in won


def test_every_pair_is_a_cell_and_a_sentence(tree):
    _, args, html = tree
    pairs = pd.read_csv(Path(args[7], "pairs.csv"))
    text = Page(html).text
    sentences = text[text.index("All 6 in sentences") :]
    assert len(pairs) == 6
    for pair in pairs.itertuples():
        assert f"{100 * pair.accuracy:.1f}" in text
        assert len(re.findall(f"{pair.model} (?:beats {pair.other} by|and {pair.other} are not told)", sentences)) == 1


def test_a_leak_and_a_lack_of_test_clips_are_told_with_every_result(tmp_path):
    page = Page(
        render(
            tmp_path, fake_runs.build(tmp_path, skill={"mlp/features": 1.0}, held_out="", leaky=True, synthetic=False)
        )
    )
    assert page.text.count("LEAKY split") == page.text.count("validation, not test") >= 10
    assert "synthetic data" not in page.text
    assert "validation clips; it is the only model" in page.text
    assert "Parts of a fold share 1 group." in page.text


def test_what_a_split_leaves_untested_and_copies_under_two_labels_are_told(tmp_path):
    caveat = "Never tested, as they hold more than half of a class: 1 (group:giant)"
    args = fake_runs.build(tmp_path, skill={"mlp/features": 1.0}, caveats=[caveat])
    page = Page(render(tmp_path, args))
    assert f"The split. {caveat}." in page.text
    assert "One recording, two labels 1 pair," in page.text
    assert f"The split: {caveat}." in Path(args[6]).read_text()


def test_networks_trained_on_several_devices_are_told(tree):
    def on(**made_on):
        def change(comparison):
            comparison["models"]["transfer/finetuned"] |= made_on

        return Page(report(tree[0], tree[1], change)).text

    assert "on cpu: mlp/features, transfer/finetuned-scratch" in on(device="cuda", dtype="bfloat16")
    assert "on cuda: transfer/finetuned." in on(device="cuda", dtype="bfloat16")
    assert "Several devices" not in on(device="cpu", dtype="bfloat16")  # as on a GPU, where tables are float32
    assert "Several devices" not in on(device="cpu", dtype="float32")  # scikit-learn is on the CPU in any case


def test_a_network_that_ran_out_of_epochs_is_not_taken_for_a_failure(tree, tmp_path):
    def change(comparison):
        comparison["models"]["mlp/features"] |= {"still_improving": 0.667, "epochs": 30.0}
        comparison["models"]["transfer/finetuned"] |= {"still_improving": 0.333}

    page = Page(report(tree[0], tree[1], change)).text
    assert "still improving on the validation clips: mlp/features (30 epochs). A low score does not mean" in page
    assert page.count("30, still improving") == 1
    assert "still improving" not in Page(report(tree[0], tree[1], lambda comparison: None)).text


def test_a_single_model_without_curves(tmp_path):
    page = Page(render(tmp_path, fake_runs.build(tmp_path, skill={"classical/majority": None})))
    assert "curves" not in page.ids
    assert page.tags.count("svg") == 2 + 4  # intervals, calibration and coverage, each broad and narrow


def test_same_bytes_twice(html, tmp_path):
    assert render(tmp_path, fake_runs.build(tmp_path, **SMALL)) == html


def test_one_model_under_every_protocol_with_what_leaks_stamped(html):
    text = Page(html).text
    section = text[text.rindex("One model, many protocols") :]
    row = section[section.index("shuffled segments") : section.index("Not possible with these data")]
    assert "LEAKY" in row and "87.5" in row and "81.2–93.8" in row and "7 clips" in row
    assert "official" in section and "no split" in section
    assert "Accuracy in per cent with 90% intervals" in section  # its own confidence, not that of compare.json


def test_a_long_name_is_told_from_its_twins(tmp_path):
    skill = {"transfer/squeezenet_pictures_finetuned": 1.0}
    html = render(tmp_path, fake_runs.build(tmp_path, skill=skill, classes=["a", "b"]))
    ticks = {name for name in re.findall(r">([^<>]*…[^<>]*)</text>", html) if name.startswith("transfer")}
    lengths = {len(name) for name in ticks}  # a plot with less room shortens more
    assert len(ticks) == 2 * len(lengths)
    assert sum(name.endswith("-scratch") for name in ticks) == len(lengths)


class Results(HTMLParser):
    """The numbers that a page's tables, lists and leading sentences show."""

    def __init__(self, html):
        super().__init__()
        self.open, self.numbers = [], set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in ("td", "li", "p", "dd", "nav", "pre"):
            self.open.append(tag if tag != "p" else dict(attrs).get("class", "p"))

    def handle_endtag(self, tag):
        if tag in ("td", "li", "p", "dd", "nav", "pre"):
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "li", "lead") and "nav" not in self.open:
            self.numbers |= set(re.findall(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w-])", data))


def written(value):
    """How a number of a source may be written."""
    share, value = 100 * abs(value), abs(value)
    return {f"{share:.1f}", f"{share:.0f}", *(f"{value:.{d}f}" for d in (1, 2, 3)), f"{value:,g}", f"{value:,.0f}"}


def numbers(data):
    """Every number in a JSON document."""
    if isinstance(data, dict | list):
        for inner in data.values() if isinstance(data, dict) else data:
            yield from numbers(inner)
    elif isinstance(data, int | float):
        yield data


def test_every_number_is_in_a_metrics_file(tmp_path):
    args = fake_runs.build(tmp_path, skill=fake_runs.SKILL, seeds=(0, 1))
    shown = Results(render(tmp_path, args)).numbers
    sources = [
        json.loads(Path(path).read_text()) for path in (args[1], args[2], args[5], tmp_path / "metrics/protocols.json")
    ]
    found = [value for data in sources for value in numbers(data)]
    for path in Path(args[7]).glob("*.csv"):
        if path.stem not in ("curves", "coverage", "reliability"):  # these are drawn alone
            found += pd.read_csv(path).select_dtypes("number").stack().tolist()
    found += [m["best_epoch"] + 1 for m in sources[-2]["models"].values() if "best_epoch" in m]  # stored from 0
    allowed = {text for value in found for text in written(value)} | {"0.001"}  # "p < 0.001"
    counted = {str(n) for n in range(10)}  # of models in a sentence
    labels = {str(n) for n in range(-1, 3)}  # of folds
    assert shown - allowed - counted - labels == set()
    assert len(shown) > 150


def test_conclusions_name_families_inputs_mistakes_and_calibration(tmp_path):
    args = fake_runs.build(tmp_path, skill=fake_runs.SKILL)
    text = Page(render(tmp_path, args)).text
    m = json.loads(Path(args[5]).read_text())["models"]
    best = {
        family: max((n for n in m if conclusions.family(n) == family), key=lambda n: m[n]["accuracy"])
        for family in fake_runs.FAMILIES
    }
    ranked = sorted(best, key=lambda family: -m[best[family]]["accuracy"])
    assert (
        "Families by their most accurate model: "
        + ", ".join(f"{family} ({best[family]}, {100 * m[best[family]]['accuracy']:.1f}%)" for family in ranked)
        in text
    )
    on_features = max((n for n in m if n.split("/")[0] in ("classical", "mlp")), key=lambda n: m[n]["accuracy"])
    assert re.search(f"Features against spectrograms[^.]*[.] (?:{best['cnn']}|{on_features}) (?:beats|and) ", text)
    assert re.search(
        f"The most frequent mistakes? of {best[ranked[0]]}(, each with [0-9]+% of the clips of a class)?: it takes ",
        text,
    )
    assert f"the confidence of {best[ranked[0]]} differs from its accuracy by" in text


def test_many_classes_list_mistakes_in_place_of_a_matrix(tmp_path):
    classes = [f"class {i:02d}" for i in range(45)]
    args = fake_runs.build(tmp_path, classes=classes, per_class=6, groups_per_class=0, skill={"mlp/features": 1.0})
    html = render(tmp_path, args)
    assert (
        'class="matrix"' not in html
        and "the most frequent mistakes; <code>metrics/plots/confusion.csv</code> has all" in html
    )
    assert "too many classes for a matrix" in html and "each column a predicted one" not in html


def test_each_model_shows_its_settings_and_marks_its_own(tmp_path):
    args = fake_runs.build(tmp_path, skill={"mlp/features": 1.0, "cnn/conv": 1.2, "cnn/resnet": 1.4})
    path = tmp_path / "params.yaml"
    entry = {"spectrogram": "mel", "arch": "conv", "train": {"lr": 1e-3, "seeds": [0, 1]}}
    path.write_text(json.dumps(json.loads(path.read_text()) | {
        "cnn": {"conv": entry, "resnet": entry | {"arch": "resnet"}}, "spectrograms": {"mel": {"options": {"n_mels": 77}}},
    }))  # fmt: skip
    html = render(tmp_path, args)
    assert "<dt>arch</dt><dd><b>resnet</b></dd>" in html and "<dt>train.lr</dt><dd>0.001</dd>" in html
    assert "<dt>train.seeds</dt><dd>0, 1</dd>" in html
    assert "<dt>options.n_mels</dt><dd>77</dd>" in html and "<code>spectrograms.mel</code>" in html


def test_defaults_that_nobody_typed_are_shown_as_the_model_was_trained(tmp_path):
    args = fake_runs.build(tmp_path, skill={"mlp/features": 1.0, "cnn/conv": 1.2})
    entry = {"arch": "conv", "view": {"crop_s": 3.0}, "spectrogram": "mel"}
    settings_json.write(tmp_path / "runs/cnn/conv", entry, None, {"options": {"n_mels": 99}})
    path = tmp_path / "params.yaml"
    doc = json.loads(path.read_text()) | {"cnn": {"conv": {"arch": "conv"}}, "spectrograms": {"mel": {}}}
    path.write_text(json.dumps(doc))
    html = render(tmp_path, args)
    assert "<dt>view.crop_s</dt><dd>3</dd>" in html and "<dt>options.n_mels</dt><dd>99</dd>" in html


def test_weights_over_layers_are_shown_with_their_model(tmp_path):
    args = fake_runs.build(tmp_path, **SMALL)
    rows = "layer,weight,least,greatest\npenultimate,.7,.65,.8\ncnn3,.3,.2,.35\n"
    (tmp_path / "runs/transfer/finetuned/layer_weights.csv").write_text(rows)
    page = Page(render(tmp_path, args)).text
    assert (
        "Equal weights would be 50.0. layer weight % least greatest penultimate 70.0 65.0 80.0 cnn3 30.0 20.0 35.0"
        in page
    )
    assert page.count("Equal weights") == 1


def test_the_same_run_is_known_by_its_hashes(tmp_path):
    args = fake_runs.build(tmp_path, skill={"mlp/features": 1.0})
    first = re.findall(r"<code>([0-9a-f]{16})</code>", render(tmp_path, args))
    assert len(first) == len(set(first)) == 3
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"runtime": {"workers": 5}}))
    assert re.findall(r"<code>([0-9a-f]{16})</code>", render(tmp_path, args)) == first
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mlp": {"features": {"lr": 3}}}))
    assert re.findall(r"<code>([0-9a-f]{16})</code>", render(tmp_path, args))[:2] == first[:2]
    assert re.findall(r"<code>([0-9a-f]{16})</code>", render(tmp_path, args))[2] != first[2]


def test_a_kaggle_score_stands_in_the_table_and_where_there_is_none_no_column(html, tmp_path):
    assert "Kaggle" not in html
    args = fake_runs.build(tmp_path, skill={"mlp/features": 1.0, "cnn/conv": 1.2})
    (tmp_path / "metrics/kaggle.csv").write_text(
        "model,score,date\ncnn/conv,0.79,2026-05-01\ngone/model,0.5,2026-05-01\n"
    )
    text = Page(render(tmp_path, args)).text
    assert "79.0 2026-05-01" in text and "gone/model" not in text


@pytest.mark.parametrize(
    "odd",
    [
        {"classes": ["a", "b"], "skill": {"mlp/features": 0.0}},
        {"classes": ["a", "b", "c"], "per_class": 6, "groups_per_class": 3},  # six clips are scored
        {"groups_per_class": 3, "per_class": 12, "classes": ["a", "b"]},
        {"n_folds": 2, "repeats": 3, "seeds": (0,), "classes": ["a", "b", "c"]},
        {"held_out": "", "classes": ["a", "b"], "skill": {"mlp/features": 1.0, "cnn/conv": 2.0}},
    ],
    ids=["one model, two classes", "few clips", "two groups in all", "repeats", "no test part"],
)
def test_odd_comparisons_are_readable(tmp_path, odd):
    args = fake_runs.build(tmp_path, **({"skill": FEW} | odd))
    names = odd.get("skill", FEW)
    if len(names) > 1:
        fake_runs.write_params(tmp_path, names, {"both": list(names)[:2]})
    text = Page(render(tmp_path, args)).text
    assert "nan" not in text.lower().split() and "recognises" in text


def test_what_the_data_cannot_show_stands_at_the_top_and_where_groups_come_from(tmp_path):
    args = fake_runs.build(tmp_path, skill={"mlp/features": 1.0})
    clips = json.loads(Path(args[2]).read_text())
    limits = ["No artists are known: results may be too high."]
    collection = {
        "title": "ESC-50",
        "licence": "CC BY-NC 3.0",
        "citation": "K. J. Piczak",
        "source": "https://example.org",
    }
    Path(args[2]).write_text(json.dumps(clips | {"limits": limits, "collection": collection}))
    text = Page(render(tmp_path, args)).text
    assert text.index("recognises") < text.index("The data. No artists are known") < text.index("macro")
    assert "Groups 8, as groups.csv says; 3 clips without" in text and "Licence: CC BY-NC 3.0" in text


@pytest.mark.parametrize("keys", [[], ["rate"], ["rate", "width"]])
def test_searches_are_shown_with_the_score_of_the_chosen_and_how_much_luck_there_is_in_it(tmp_path, keys):
    args = fake_runs.build(tmp_path, **SMALL)
    for key in keys:
        a_search(tmp_path / "data/searches" / key, of=f"mlp.{HOSTILE[0]}", leaks=["a clip is on both sides"])
    doc = json.loads((tmp_path / "params.yaml").read_text())
    doc["paper"]["search"] = "data/searches" if keys else "data/clips.csv"
    (tmp_path / "params.yaml").write_text(json.dumps(doc))
    html = render(tmp_path, args)
    page = Page(html)
    assert len(page.ids) == len(set(page.ids)) and ("#searches" in page.links) == bool(keys) == ("searches" in page.ids)
    assert HOSTILE[0] not in html
    for key in keys:
        assert f"{key}: 3 trials of mlp.{HOSTILE[0]}" in page.text
    told = (
        "scored: accuracy 70.0%",
        "on the test clips. Were all 3 trials equally good, the best",
        "2.1 points better on its validation clips than it is",
    )
    assert all(page.text.count(words) == len(keys) for words in (*told, "a clip is on both sides"))
    assert "why it failed" not in page.text and " nan" not in page.text
    levels = list(map(int, re.findall(r"<h(\d)", html)))
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert html.count('<svg role="img" aria-label="History of the search"') == len(keys)
