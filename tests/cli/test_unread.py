"""`dalsegno check` names what is given in params.yaml and read by nobody beside the other settings of its section."""

import pytest
from cli.test_check import lines, search
from cli.test_cli import here  # noqa: F401

from dalsegno.cli import main

CONV, TRAIN = "model: {channels: [16, 32, 64], dense: []}", "epochs: 30, batch_size: 8, lr: 3e-3, patience: null}"
MASKS = "augment: {time_masks: 1, frequency_masks: 1}"
WHOLE = "unfreeze: all # number of last blocks that learn, or all"

USE = (
    "use: [mfcc, delta, delta_delta, chroma, contrast, centroid, bandwidth, rolloff, flatness, zcr, rms, stft, tonnetz, tempo, onset]",
    "use: [mfcc]",
)


@pytest.mark.parametrize(
    ("old", "new", "path", "where"),
    [
        (TRAIN, f"warmup: 0.2, schedule: constant, {TRAIN}", "cnn.conv.train.warmup", 'schedule is "constant"'),
        (TRAIN, f"plateau_factor: 0.5, {TRAIN}", "cnn.conv.train.plateau_factor", 'schedule is "cosine"'),
        (TRAIN, f"penalised: 2, {TRAIN}", "cnn.conv.train.penalised", "l1 is 0.0 and l2 is 0.0"),
        (MASKS, "augment: {time_masks: 1, frequency_mask_share: 0.3}", "cnn.conv.augment.frequency_mask_share", "frequency_masks is 0"),
        (CONV, CONV.replace("[]}", "[], dropout: 0.5}"), "cnn.conv.model.dropout", "dense is []"),
        (WHOLE, "unfreeze: 0\n    batch_norm: frozen", "transfer.finetuned.batch_norm", "unfreeze is 0"),
        (WHOLE, "unfreeze: 0\n    unfreeze_every: 2", "transfer.finetuned.unfreeze_every", "unfreeze is 0"),
        ("n_bands: 16\n", "n_bands: 8\n", "features.n_bands", 'use is ["mfcc"]'),
        ("table: data/clips.csv", "table: params.yaml", "features.table", 'source is "audio"'),
    ],
)  # fmt: skip
def test_a_setting_that_nothing_reads_is_named(here, old, new, path, where):  # noqa: F811
    here((old, new), *([USE] if "n_bands" in new else []))
    assert lines() == [f"{path}: nothing reads it where {where}; leave it out"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TRAIN, f"warmup: 0.1, schedule: constant, {TRAIN}"),  # a default that is written out
        (TRAIN, f"warmup: 0.2, schedule: onecycle, {TRAIN}"),
        (TRAIN, f"penalised: 2, l2: 1e-4, {TRAIN}"),
        (CONV, CONV.replace("[]}", "[8], dropout: 0.5}")),
        (WHOLE, f"{WHOLE}\n    batch_norm: frozen"),
    ],
)
def test_a_setting_that_is_read_is_no_problem(here, capsys, old, new):  # noqa: F811
    here((old, new))
    main.main(["check"])
    assert capsys.readouterr().out == "params.yaml: no problems\n"


def test_a_search_over_what_no_trial_reads_is_named(here):  # noqa: F811
    here(("search: {}", search("cnn.conv", "spectrograms/logmel", "train.plateau_factor")))
    assert lines() == [
        'search.a: space: train.plateau_factor: nothing reads it where schedule is "cosine"; leave it out'
    ]
