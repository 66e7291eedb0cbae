"""Spaces: what they draw, and what is wrong with them, by path."""

import pytest

from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.search import space
from dalsegno.search.entry import Params

GOOD = {"train.lr": {"loguniform": [1e-4, 1e-2]}}
ENTRY = {"of": "mlp.small", "input": "features.parquet", "space": GOOD}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"uniform": [0.5, 0.1]}, "the lowest, 0.5, is not below the highest, 0.1"),
        ({"uniform": [0.5, 0.5]}, "the lowest, 0.5, is not below the highest, 0.5"),
        ({"int": [True, 4]}, "int takes two whole numbers"),
        ({"loguniform": [0, 1]}, "the logarithm of 0 is not a number"),
        ({"int": [1.5, 4]}, "int takes two whole numbers"),
        ({"choice": []}, "a choice is a list of values"),
        ({"choice": [16, 32, 16]}, "the choice holds 16 twice"),
        ({"choice": [[8], [8, 4], [8]]}, "the choice holds [8] twice"),
        ({"normal": [0, 1]}, "expected one of uniform, loguniform, int, logint, choice, fixed"),
        ({"uniform": [0, 1], "int": [1, 2]}, "expected one of"),
        ({"uniform": [0, float("inf")]}, "takes two numbers"),
        (0.1, "expected one of"),
    ],
)
def test_a_range_that_cannot_be_drawn_from_is_named(spec, said):
    problem, *more = space.problems({"train.lr": spec})
    assert problem.startswith("train.lr: ") and said in problem and not more


def test_two_settings_of_which_one_has_the_beginning_of_the_other_are_both_drawn():
    assert space.problems({"train.lr": {"uniform": [0, 1]}, "train.lr_min": {"uniform": [0, 1]}}) == []


def test_a_range_is_drawn_from_by_its_logarithm_only_where_it_says_so():
    """Even draws from 1e-4 to 1e-2 would leave one learning rate in eleven below 1e-3."""
    ends = {"uniform": [1e-4, 1e-2], "loguniform": [1e-4, 1e-2], "int": [1, 64], "logint": [1, 64]}
    drawn = space.drawn({kind: {kind: values} for kind, values in ends.items()})
    assert {kind: [d.low, d.high] for kind, d in drawn.items()} == ends
    assert [kind for kind, d in drawn.items() if d.log] == ["loguniform", "logint"]


def test_a_space_that_draws_nothing_is_refused():
    for empty in ({}, {"train.lr": {"fixed": 0.1}}):
        assert space.problems(empty) == ["there is nothing to draw; give a setting a range or a choice"]


def test_values_go_to_their_paths_and_the_entry_stays():
    entry = {"model": {"widths": [128, 64]}, "train": {"lr": 0.1}}
    changed = space.with_values(entry, {"model.widths.1": 32, "train.lr": 0.2, "model.dropout": 0.5})
    assert changed == {"model": {"widths": [128, 32], "dropout": 0.5}, "train": {"lr": 0.2}}
    assert entry == {"model": {"widths": [128, 64]}, "train": {"lr": 0.1}}


@pytest.mark.parametrize("path", ["model.widths.2", "modle.dropout", "train.lr.x"])
def test_a_path_that_leads_nowhere_is_named(path):
    with pytest.raises(UserError, match=f"space: {path}: the entry has no"):
        space.with_values({"model": {"widths": [1, 2]}, "train": {"lr": 0.1}}, {path: 1})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sampler": "grid", "space": GOOD}, "a grid needs a choice or whole numbers"),
        ({"sampler": "grid", "trials": None, "space": {"a": {"int": [1, 200]}, "b": {"int": [1, 200]}}}, "the grid has 40,000 trials"),
        ({"sampler": "grid", "space": {"a": {"int": [1, 2_000_000_000]}}}, "the grid has 2,000,000,000 trials"),
        ({"space": {"a": {"choice": [[1], [2]]}, "a.0": {"int": [1, 2]}}}, "a.0: this is a part of a, which is named as well"),
        ({"trials": None}, "trials: null stands for all of a grid"),
        ({"of": "classical.svm"}, "of: expected mlp.KEY, cnn.KEY, transfer.KEY, as only what is trained by epochs is searched, got classical.svm"),
        ({"space": {"mlp.small.train.lr": {"uniform": [0, 1]}}}, "mlp.small.train.lr: leave out mlp.small, where every path begins"),
        ({"space": {"train..lr": {"uniform": [0, 1]}}}, "train..lr: expected names with a dot between two of them"),
        ({"space": {"": {"uniform": [0, 1]}}}, "'': expected names"),
        ({"space": {"train.lr": {"choice": None}}}, "a choice is a list of values, got null"),
        ({"space": {"train.lr": {"uniform": [1, 0]}}}, "train.lr: the lowest, 1, is not below"),
    ],
)  # fmt: skip
def test_an_entry_says_what_is_wrong_with_it(change, said):
    _, problems = params.parse("search.a", ENTRY | change, Params)
    assert len(problems) == 1 and said in problems[0]


def test_a_grid_has_no_more_trials_than_it_has_points():
    p, _ = params.parse(
        "search.a", ENTRY | {"sampler": "grid", "space": {"x": {"choice": [1, 2, 3]}, "y": {"int": [1, 2]}}}, Params
    )
    assert p.n_trials == 6
    assert space.grid(p.space) == {"x": [1, 2, 3], "y": range(1, 3)}
    assert space.grid(p.space | GOOD | {"z": {"fixed": 1}}) == space.grid(p.space)


def test_a_choice_between_lists_is_kept_as_text_and_read_back():
    lists = {"model.widths": {"choice": [[8], [16, 8]]}, "train.epochs": {"fixed": 3}}
    assert [space.meant(lists, point) for point in space.points(lists)] == [
        {"model.widths": [8], "train.epochs": 3},
        {"model.widths": [16, 8], "train.epochs": 3},
    ]
    assert space.drawn(lists)["model.widths"].choices == ("[8]", "[16, 8]")
    assert space.meant({"model.activation": {"choice": ["[8]", None]}}, {"model.activation": "[8]"}) == {
        "model.activation": "[8]"
    }
