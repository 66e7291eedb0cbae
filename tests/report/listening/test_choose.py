"""Which clips are worth a listen: mistakes, doubts, hits, likely mislabelled ones, and those on which models differ."""

import numpy as np
from support import heard

from dalsegno.report.listening import choose


def test_mistakes_doubts_and_hits_of_each_model():
    a = heard.answers(
        [0, 0, 1, 1, 2], [[0, 1, 1, 2, 2], [0, 0, 1, 1, 1]], [[0.9, 0.8, 0.5, 0.95, 0.7], [0.6, 0.7, 0.8, 0.9, 0.5]]
    )
    one, other = choose.choose(a).of_model
    assert one == {"mistakes": [3, 1], "doubts": [2, 4, 1, 0], "hits": [0, 4, 2]}
    assert other["mistakes"] == [4]


def test_of_each_class_a_typical_clip_that_is_right_and_the_surest_that_is_wrong():
    labels, called = [0, 0, 0, 0, 0, 1, 1, 2], [[0, 0, 0, 1, 1, 1, 0, 0]]
    a = heard.answers(labels, called, [[0.7, 0.9, 0.8, 0.6, 0.7, 0.6, 0.6, 0.5]])
    assert choose.of_each_class(a, 0, 1) == [2, 5, 4, 6, 7]  # no clip of the last class is right
    assert choose.of_each_class(a, 0, 2) == [2, 5, 4, 6, 7, 1, 3]
    assert choose.of_each_class(a, 0, 0) == []


def test_what_all_models_call_otherwise_is_perhaps_mislabelled():
    calls = [[1, 0, 2, 1], [1, 0, 2, 1], [0, 0, 0, 0]]  # the last calls all clips the same and is not asked
    sure = [[0.9, 0.9, 0.6, 0.49], [0.8, 0.9, 0.7, 0.9], [0.5] * 4]
    assert choose.choose(heard.answers([0, 0, 0, 0], calls, sure)).against == [0, 2]
    assert choose.choose(heard.answers([0, 0, 0, 0], calls[:1], sure[:1])).against == []


def test_clips_on_which_models_differ_come_before_those_on_which_all_are_right():
    labels = [0] * 20
    calls = np.zeros((2, 20), int)
    calls[0, 17] = 1
    calls[1, 3] = 2
    order = choose.choose(heard.answers(labels, calls)).order
    assert sorted(order) == list(range(20))
    assert {3, 17} <= set(order[:8])
    assert order == choose.choose(heard.answers(labels, calls)).order


def test_a_single_clip_and_two_classes():
    chosen = choose.choose(heard.answers([0], [[1]]))
    assert chosen.of_model == [{"mistakes": [0], "doubts": [0], "hits": []}]
    assert chosen.order == [0]


def test_of_clips_that_all_call_otherwise_the_one_whose_least_sure_model_is_surest_comes_first():
    """A model that is certain outweighs no other that is not: means would put the first clip before the second."""
    sure = [[0.99, 0.8, 0.6, 0.8], [0.55, 0.7, 0.6, 0.7]]
    assert choose.choose(heard.answers([0] * 4, [[1, 1, 1, 1], [1, 1, 1, 1]], sure)).against == []  # neither listens
    calls = [[1, 1, 1, 2, 0], [1, 1, 1, 2, 0]]
    sure = [[*of, 0.9] for of in sure]
    assert choose.choose(heard.answers([0] * 5, calls, sure)).against == [1, 3, 2, 0]
