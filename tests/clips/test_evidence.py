"""What a data set can show, held against simulation and against statsmodels."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from dalsegno.artefacts.data_set import clips_csv, copies_csv
from dalsegno.clips.whole import evidence, units

NO_COPIES = pd.DataFrame([], columns=copies_csv.COLUMNS)


def table(rows):
    """clips.csv of (clip_id, label, group)."""
    clips = pd.DataFrame("", index=range(len(rows)), columns=clips_csv.COLUMNS)
    clips[["clip_id", "label", "group"]] = rows
    return clips


def pairs(*names):
    return pd.DataFrame([(a, b, "near", 1.0) for a, b in names], columns=copies_csv.COLUMNS)


def test_groups_and_copies_are_units():
    clips = table([("a", "x", "g"), ("b", "x", "g"), ("c", "x", ""), ("d", "y", ""), ("e", "y", "h"), ("f", "y", "")])
    assert units.linked(clips, NO_COPIES, [clips["group"]]).tolist() == [0, 0, 1, 2, 3, 4]
    copies = pairs(("b", "c"), ("d", "f"), ("a", "gone"))
    assert units.linked(clips, copies, [clips["group"]]).tolist() == [0, 0, 0, 1, 2, 1]


def test_a_group_called_as_a_clip_is_another_unit():
    clips = table([("a", "x", "b"), ("b", "x", "")])
    assert units.linked(clips, NO_COPIES, [clips["group"]]).tolist() == [0, 1]


def test_unlabelled_and_excluded_clips_count_for_nothing():
    clips = table([("a", "x", "g"), ("b", "y", "h"), ("c", "", ""), ("d", "y", "")])
    clips.loc[3, "excluded"] = "silent: nothing"
    assert (evidence.weigh(clips, NO_COPIES).n_clips, evidence.weigh(clips, NO_COPIES).n_groups) == (2, 2)


@pytest.mark.parametrize("sizes", [[1] * 100, [30] * 30, [1] * 50 + [40] * 5])
def test_the_interval_is_as_wide_as_accuracies_scatter(sizes):
    """Groups' rates of right answers are drawn from a beta distribution of the assumed intraclass correlation."""
    rng, mean = np.random.default_rng(0), 0.8
    concentration = 1 / evidence.CORRELATION - 1
    rates = rng.beta(mean * concentration, (1 - mean) * concentration, size=(20_000, len(sizes)))
    accuracy = rng.binomial(sizes, rates).sum(axis=1) / sum(sizes)
    clips = table([(f"{g}-{i}", "ab"[g % 2], f"g{g}") for g, n in enumerate(sizes) for i in range(n)])
    half_width = evidence.weigh(clips, NO_COPIES).half_width(mean)
    assert half_width == pytest.approx(2 * accuracy.std(), rel=0.06)


def test_fewer_groups_show_less_and_one_group_shows_nothing():
    def weighed(n_groups):
        return evidence.weigh(table([(f"{i}", "ab"[i % 2], f"g{i % n_groups}") for i in range(200)]), NO_COPIES)

    many, few, one = weighed(200), weighed(10), weighed(1)
    assert many.half_width(0.6) < few.half_width(0.6) and many.difference() < few.difference()
    assert many.half_width(0.6) > many.half_width(0.8) and many.half_width(0.6, 0.15) > many.half_width(0.6)
    assert "one group" in one.lines()[1] and len(one.lines()) == 2


def test_a_test_part_of_a_few_groups_is_said_to_show_nothing_instead_of_an_interval_beyond_all_accuracies():
    lines = evidence.weigh(table([(f"{i}", "ab"[i % 2], f"g{i % 30}") for i in range(120)]), NO_COPIES).lines()
    assert lines[1].startswith("Each tested once (k-fold): 95% interval of the accuracy about ±1")
    assert lines[2] == "15% held out for testing: about 4 groups would be tested, which can show next to nothing."


def test_a_class_of_one_group_is_named():
    rows = [(f"{i}", "a", f"g{i}") for i in range(9)] + [(f"b{i}", "b", "alone") for i in range(9)]
    assert "all of one group: “b”" in evidence.weigh(table(rows), NO_COPIES).lines()[-1]


@pytest.mark.parametrize("n", [100, 400, 2000])
def test_the_smallest_difference_is_the_one_whose_test_has_the_power(n):
    x = evidence.smallest_difference(n, 1.96)
    effect = x / np.sqrt(evidence.DISAGREEMENT)  # of one sample of +1, 0 and -1, for small differences
    assert NormalIndPower(ddof=0).power(effect, n, 0.05, ratio=0) == pytest.approx(evidence.POWER, abs=0.03)
    rng = np.random.default_rng(1)
    shares = [(evidence.DISAGREEMENT + x) / 2, (evidence.DISAGREEMENT - x) / 2, 1 - evidence.DISAGREEMENT]
    better, worse, _ = rng.multinomial(n, shares, size=20_000).T
    assert np.mean(np.abs(better - worse) > 1.96 * np.sqrt(better + worse)) == pytest.approx(evidence.POWER, abs=0.04)


def test_too_few_clips_see_no_difference_at_all():
    assert evidence.smallest_difference(1, 1.96) == 1 and evidence.smallest_difference(0, 1.96) == 1
    assert 0.2 < evidence.smallest_difference(20, 1.96) < 1


@pytest.mark.parametrize(("n_groups", "share"), [(5, 1.0), (12, 1.0), (40, 0.15)])
def test_few_groups_cost_as_many_degrees_of_freedom_as_students_t_asks(n_groups, share):
    """One less than the groups that are tested: of five, an interval is 1.42 times as wide as the normal law has it."""
    clips = table([(f"{i}", "ab"[i % 2], f"g{i}") for i in range(n_groups)])
    expected = stats.t.ppf(0.975, n_groups * share - 1) * np.sqrt(0.6 * 0.4 / (n_groups * share))
    assert evidence.weigh(clips, NO_COPIES).half_width(0.6, share) == pytest.approx(expected, rel=1e-9)
