"""What is concluded from the numbers: which models are set against each other, and what a tie is said to mean."""

import pandas as pd
import pytest

from dalsegno.report import conclusions, verdict
from dalsegno.report.paper.sections import results

SCORES = {
    "transfer/tuned": 0.7,
    "transfer/tuned-scratch": 0.8,
    "cnn/conv": 0.75,
    "mlp/small": 0.78,
    "classical/svm": 0.6,
}


def comparison(best, letters=None):
    models = {
        name: {"accuracy": a, "accuracy_low": a - 0.1, "accuracy_high": a + 0.1, "calibration_error": 0.05, "train_s": 10 * a}
        for name, a in SCORES.items()
    }  # fmt: skip
    return {
        "models": models,
        "verdict": {"models": 5, "pairs": 10, "best": best, "p_value": 0.2, "letters": letters or dict.fromkeys(models, "a")},
        "interval": {"confidence": 0.95, "unit": "group", "units": 80},
        "protocol": {"part": "test"},
        "alone": [],
        "dataset": {"scored_clips": 240},
    }  # fmt: skip


def pair(model, other, visible, told_apart=False):
    return {"model": model, "other": other, "accuracy": 0.02, "low": -0.01, "high": 0.05, "p_holm": 1.0, "visible": visible,
            "told_apart": told_apart}  # fmt: skip


@pytest.fixture
def confusion():
    return pd.DataFrame({"model": [], "actual": [], "predicted": [], "clips": [], "share": []})


def test_a_twin_from_scratch_is_a_network_on_spectrograms_without_pretraining(confusion):
    pairs = [pair("transfer/tuned-scratch", "mlp/small", 0.1)]
    said = " ".join(conclusions.conclusions(comparison([]), pairs, confusion))
    assert "cnn (transfer/tuned-scratch, 80.0%), mlp (mlp/small, 78.0%), transfer (transfer/tuned, 70.0%)" in said
    assert (
        "the best model of each that was trained from scratch. transfer/tuned-scratch and mlp/small are not told apart"
        in said
    )
    assert conclusions.family("transfer/tuned-scratch (LEAKY)") == "cnn"


def test_a_baseline_that_reads_nothing_does_not_stand_for_features(confusion):
    """classical/majority alone on the side of features would have let spectrograms win against nothing."""
    compared, pairs = comparison([]), [pair("cnn/conv", "classical/majority", 0.1, told_apart=True)]
    compared["models"] = {
        "cnn/conv": compared["models"]["cnn/conv"] | {"input_ms_per_clip": 3.1},
        "classical/majority": compared["models"]["classical/svm"] | {"input_ms_per_clip": 0.0},
    }
    said = " ".join(conclusions.conclusions(compared, pairs, confusion))
    assert "Families by their most accurate model" in said and "Features against spectrograms" not in said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            pair("cnn/conv", "cnn/bare", 0.1),
            "gains 2.0 points of accuracy, which may be chance (between a loss of 1.0 and a gain of 5.0)",
        ),
        (
            pair("cnn/bare", "cnn/conv", 0.1),
            "costs 2.0 points of accuracy, which may be chance (between a loss of 5.0 and a gain of 1.0)",
        ),
    ],
)
def test_what_augmentation_gains_is_said_of_the_model_that_has_it(confusion, row, said):
    found = comparison([])
    found["models"]["cnn/bare"] = found["models"]["cnn/conv"]
    found["alone"] = [{"setting": "augment", "models": {"cnn/bare": "none", "cnn/conv": "gain_db 6.0, time_masks 1"}}]
    (sentence,) = [s for s in conclusions.conclusions(found, [row], confusion) if "ugmentation" in s]
    assert sentence == (
        f"Augmentation (gains of up to 6 dB, time masks per crop: 1) {said}, p\xa0=\xa01.000 after Holm over 10 pairs: cnn/conv and cnn/bare differ in it alone."
    )


def test_what_another_setting_does_names_its_values_and_which_are_told_apart(confusion):
    found, names = comparison([]), {"mlp/small": "0.1", "mlp/a": "0.2", "mlp/b": "0.3"}
    found["models"] |= dict.fromkeys(names, found["models"]["mlp/small"])
    found["alone"] = [{"setting": "model.dropout", "models": names}]
    pairs = [pair("mlp/a", "mlp/b", 0.1, True), pair("mlp/small", "mlp/b", 0.1)]
    (said,) = [s for s in conclusions.conclusions(found, pairs, confusion) if "model.dropout" in s]
    assert said.startswith(
        "What dropout (`model.dropout`) alone does, all else being equal (mlp/a, 0.2: 78.0%; mlp/b, 0.3: 78.0%; mlp/small, 0.1: 78.0%)"
    )
    assert said.endswith("mlp/a beats mlp/b, with p corrected by Holm over 2 pairs.")
    found["models"]["mlp/b"] = found["models"]["mlp/b"] | {"leaks": ["it knew them"]}  # says nothing of the setting
    assert not [s for s in conclusions.conclusions(found, pairs[:1], confusion) if "model.dropout" in s]


def test_a_tie_says_what_could_be_seen_who_is_worse_and_what_is_fastest():
    best = ["transfer/tuned-scratch", "mlp/small", "cnn/conv"]
    pairs = [pair(best[0], best[1], 0.16), pair(best[1], best[2], 0.064), pair(best[0], "classical/svm", 0.3, True)]
    tie, advice = verdict.verdict(comparison(best), pairs)
    assert "do not tell it apart from mlp/small and cnn/conv. Between these," in tie
    assert tie.endswith("It is better than transfer/tuned and classical/svm.")
    assert "about 6 to 16 points, depending on the pair" in tie
    assert advice == (  # nothing is known of what they read
        "Not told apart does not mean equal: mlp/small may be up to 5.0 points less accurate than transfer/tuned-scratch. "
        "If nothing else matters, transfer/tuned-scratch is the safest choice."
    )
    timed = comparison(best)
    for name, read, answered in (("mlp/small", 30.0, 0.01), ("cnn/conv", 12.0, 1.5), (best[0], 13.0, 1.0)):
        timed["models"][name] |= {"input_ms_per_clip": read, "predict_ms_per_clip": answered}
    assert verdict.verdict(timed, pairs)[1].endswith("is the safest choice; none of the others answers twice as fast.")
    timed["models"]["cnn/conv"] |= {"input_ms_per_clip": 5.0}
    fastest = (
        "safest choice. cnn/conv answers fastest: what it reads of a clip (features, spectrograms or embeddings) takes 5 ms "
        "to compute, and its answer 1.5 ms"
    )
    assert verdict.verdict(timed, pairs)[1].endswith(f"{fastest}.")
    far = [*pairs, pair(best[0], "cnn/conv", 0.19) | {"accuracy": 0.17, "high": 0.31}]
    assert "cnn/conv may be up to 31.0 points less accurate" in verdict.verdict(timed, far)[1]
    near = [pairs[0] | {"high": 0.4}, *far[1:]]
    assert verdict.verdict(timed, near)[1].endswith(f"{fastest}; it may be up to 31.0 points less accurate.")


def test_a_leaky_model_is_none_that_is_beaten():
    best = ["transfer/tuned-scratch", "mlp/small"]
    found = comparison(best)
    found["models"]["cnn/conv"] |= {"accuracy": 0.99, "leaks": ["it knew them"]}
    tie, _ = verdict.verdict(found, [pair(*best, 0.1)])
    assert tie.endswith("It is better than transfer/tuned and classical/svm.") and "the most of all, but" in tie


def test_equal_models_are_as_good_as_one_another():
    best = ["transfer/tuned-scratch", "mlp/small"]
    found = comparison(best)
    found["models"]["mlp/small"] |= {"accuracy": found["models"][best[0]]["accuracy"]}
    tie, advice = verdict.verdict(found, [pair(*best, 0.1)])
    assert "as many as mlp/small, and " in tie and "do not tell it apart from mlp/small." in tie
    assert advice.endswith("If nothing else matters, transfer/tuned-scratch or mlp/small is the safest choice.")


def test_a_single_other_model_is_called_by_its_name():
    best = ["transfer/tuned-scratch", "mlp/small"]
    found = comparison(best)
    for name in best:
        found["models"][name] |= {"input_ms_per_clip": 2.0, "predict_ms_per_clip": 1.0}
    assert verdict.verdict(found, [pair(*best, 0.1)])[1].endswith("mlp/small does not answer twice as fast.")


def test_of_very_many_models_a_sentence_names_some():
    names = [f"cnn/{i}" for i in range(20)]
    found = comparison(names)
    found["models"] = {name: found["models"]["cnn/conv"] | {"accuracy": 0.9 - i / 100} for i, name in enumerate(names)}
    tie, _ = verdict.verdict(found, [])
    assert tie.endswith("do not tell it apart from cnn/1, cnn/2, cnn/3, cnn/4, cnn/5, … and 14 more.")
    for model in found["models"].values():
        model["accuracy"] = 0.9
    assert verdict.verdict(found, [])[1].endswith("matters, any of the most accurate is the safest choice.")


def test_a_single_group_has_no_interval():
    found = comparison(["mlp/small"])
    found["interval"] |= {"units": 1}
    (alone,) = verdict.verdict(found, [])
    assert "??" not in alone and "With a single independent group there is no interval" in alone


def test_an_interval_of_one_pair_is_told_from_a_p_value_of_all():
    assert "(−1.0 to 5.0 for this pair alone), p\xa0=\xa01.000 after Holm over 10 pairs" in verdict.sentence(
        pair("cnn/conv", "mlp/small", 0.1), comparison([])
    )


@pytest.mark.parametrize(
    ("of_pair", "n_pairs", "said"),
    [
        ({"told_apart": True}, 10, "The interval holds 0 all the same: of the two it is the more cautious here, and p decides."),
        ({"low": 0.01}, 1, "The interval leaves out 0 all the same: of the two p is the more cautious here, and it decides."),
        ({"low": 0.01}, 10, ""),  # "for this pair alone" says why
        ({"low": 0.01, "told_apart": True}, 1, ""),
        ({}, 1, ""),
    ],
)  # fmt: skip
def test_where_interval_and_p_would_say_different_things_p_is_said_to_decide(of_pair, n_pairs, said):
    found = comparison([])
    found["verdict"] |= {"pairs": n_pairs}
    sentence = verdict.sentence(pair("cnn/conv", "mlp/small", 0.1) | of_pair, found)
    assert sentence.endswith(f" {said}") if said else "all the same" not in sentence


def test_an_omnibus_test_that_sees_a_difference_is_not_said_to_see_none():
    best = list(SCORES)
    found = comparison(best)
    assert verdict.verdict(found, [])[1].startswith(
        "Nothing here says that any model is better than another (Cochran's Q over all of them: p\xa0=\xa00.200). "
    )
    found["verdict"] |= {"p_value": 0.036}
    assert verdict.verdict(found, [])[1].startswith(
        "No model can be named as better than another, although it is unlikely that all are equally good (Cochran's Q over all of them: p\xa0=\xa00.036). "
    )


def test_a_tie_with_what_reads_nothing_is_no_reason_to_choose_it():
    """With 200 clips of one class and five of another, it had been the model that answers fastest."""
    tied = ["transfer/tuned-scratch", "mlp/small", "cnn/conv"]
    rows = [pair(tied[0], other, 0.1) for other in tied[1:]] + [pair(*tied[1:], 0.1)]
    found = comparison(tied)
    for name, ms in zip(tied, (20, 9, 0), strict=True):
        found["models"][name] |= {"input_ms_per_clip": ms, "predict_ms_per_clip": 0.1}
    said = verdict.verdict(found, rows)[1]
    assert (
        "cnn/conv reads nothing of a clip, so the accuracies do not show that transfer/tuned-scratch has learnt from the sound."
        in said
    )
    assert "mlp/small answers fastest" in said and "cnn/conv may be" not in said
    found["models"][tied[0]]["input_ms_per_clip"] = 0
    said = verdict.verdict(found, rows)[1]
    assert said.endswith(
        "transfer/tuned-scratch and cnn/conv read nothing of a clip, so the accuracies do not show that any model has learnt from the sound."
    )


def test_a_model_without_a_mistake_is_no_reason_to_believe_it_at_once(confusion):
    of = comparison([])
    said = " makes no mistake. Before you believe it, make sure that nothing but the music tells the classes apart"
    assert not any(said in text for text in conclusions.conclusions(of, [], confusion))
    of["models"]["mlp/small"]["accuracy"] = 1.0
    assert any(text.startswith(f"mlp/small{said}") for text in conclusions.conclusions(of, [], confusion))


def test_of_very_many_mistakes_some_are_named():
    rows = [
        {"model": "transfer/tuned-scratch", "actual": f"c{i}", "predicted": "d", "clips": 1, "share": 1.0}
        for i in range(30)
    ]
    (said,) = [
        s for s in conclusions.conclusions(comparison([]), [], pd.DataFrame(rows)) if s.startswith("The most frequent")
    ]
    assert said.endswith("“c0” for “d”, “c1” for “d”, “c2” for “d”, “c3” for “d”, “c4” for “d”, … and 25 more.")


def test_mistakes_that_are_equally_frequent_are_all_named():
    rows = [("blues", "metal", 4), ("blues", "reggae", 4), ("folk", "jazz", 3)]
    confusion = pd.DataFrame(
        [
            {"model": "transfer/tuned-scratch", "actual": a, "predicted": p, "clips": n, "share": n / 30}
            for a, p, n in rows
        ]
    )
    (said,) = [s for s in conclusions.conclusions(comparison([]), [], confusion) if s.startswith("The most frequent")]
    assert said == (
        "The most frequent mistakes of transfer/tuned-scratch, each with 13% of the clips of a class: it takes “blues” for “metal” and "
        "“blues” for “reggae”."
    )


def test_where_no_difference_could_be_seen_no_size_is_named():
    rows = [pair("transfer/tuned-scratch", name, float("nan")) for name in ("mlp/small", "cnn/conv")]
    nothing = "so little independent evidence can show no difference, however large"
    assert f"after Holm over 10 pairs; {nothing}." in verdict.sentence(rows[0], comparison([]))
    (tie, _) = verdict.verdict(comparison(["transfer/tuned-scratch", "mlp/small", "cnn/conv"]), rows)
    assert f"mlp/small and cnn/conv. Whatever the models, {nothing}." in tie and "nan" not in tie
    assert results._pair("mlp/small", rows[0] | {"p_value": 0.0625})[4] == "–"
