"""`dalsegno check` builds the networks of params.yaml, before anything is computed, and says what their stages would end with."""

from pathlib import Path

import pytest
import torch
from cli.test_check import CONV, lines
from cli.test_cli import here  # noqa: F401

from dalsegno.cli import main

CNN = f"{CONV}    model: {{channels: [16, 32, 64], dense: []}}\n"
WAVE = (
    "spectrograms: # the",
    "spectrograms:\n  wave: {kind: waveform, options: {sample_rate_hz: 16000, pool: 25}}\n  # the",
)
UNFREEZE = "unfreeze: all # number of last blocks that learn, or all"
NOTES = "    weights: data/pretrain/notes/model.pt\n"
EMBEDDED = "arch: resnet\n    model: {width: 16, depth: [1, 1, 1, 1], stem: image}\n    weights: data/pretrain/notes/model.pt\n    view: {crop_s: 1.0}\n"
FINETUNED = "input: spectrograms/logmel\n    arch: resnet\n    model: {width: 16, depth: [1, 1, 1, 1], stem: image}"


def cnn(arch, model="{}", spectrogram="logmel"):
    return CNN, f"    spectrogram: {spectrogram}\n    arch: {arch}\n    model: {model}\n"


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        ([cnn("mlp")], "cnn.conv: mlp cannot take this input: mlp takes a table, input shape (features,); got (1, 64, 65) (view: "
         "crop_s 3.0, channels one)"),
        ([cnn("wave1d"), ("view: {crop_s: 3.0, normalise: bin}", "view: {crop_s: null}")], "cnn.conv: wave1d cannot take this input: "
         "wave1d takes waveforms, input shape (channels, samples); got (1, 64, 1292)"),
        ([cnn("conv", spectrogram="wave"), WAVE], "cnn.conv: conv cannot take this input: conv takes spectrograms, input shape"),
        ([cnn("modnet", "{bands: 65}")], "cnn.conv: modnet cannot take this input: modnet with 20 cepstra and 65 bands takes at least 65 "
         "bins × 65 frames; got 64 × 65"),
        ([cnn("wave1d", spectrogram="wave"), WAVE, ("view: {crop_s: 3.0, normalise: bin}", "view: {crop_s: 3.0, resize: [8, 8]}"),
          ("augment: {time_masks: 1, frequency_masks: 1}\n    train: {seeds: [0], epochs: 30", "augment: {}\n    train: {epochs: 30")],
         "cnn.conv: view.resize: of no use for spectrograms.wave, which holds waveforms; leave it out"),
        ([cnn("wave1d", spectrogram="wave"), WAVE], "cnn.conv: augment: waveforms cannot be augmented by frequency_masks; set it to 0"),
        ([("frequency_masks: 1}\n    train: {seeds: [0], epochs: 30", "frequency_masks: 1, time_mask_share: 0.01}\n    train: {epochs: 30")],
         "cnn.conv: augment.time_mask_share: 0.01 of 65 frames is less than 1, so nothing would be changed"),
        ([("    arch: mlp # a file in src/dalsegno/models/\n    model: {widths: [128], activation: relu, dropout: 0.3}",
           "    arch: vgg\n    model: {}")], "mlp.small: vgg cannot take this input: vgg takes spectrograms"),
        ([(UNFREEZE, "unfreeze: 7")], "transfer.finetuned: unfreeze is 7, but resnet has 6 blocks; give at most that, or 'all'"),
        ([(UNFREEZE, "unfreeze: all\n    unfreeze_every: 10")], "transfer.finetuned: unfreeze_every is 10, so the last of 6 blocks "
         "would begin to learn after epoch 60, but train.epochs is 50"),
        ([(FINETUNED, FINETUNED.replace("16, depth", "8, depth"))], "transfer.finetuned: data/pretrain/notes/model.pt: does not fit "
         "the network that params.yaml describes; 60 tensors differ, first: net.body.0.0.0.weight (16 × 1 × 7 × 7 in the file, "
         "8 × 1 × 7 × 7 here)"),
        ([("view: {crop_s: 3.0, normalise: bin}\n    augment: {time_masks: 1, frequency_masks: 1}\n    train: {seeds: [0], epochs: 50",
           "view: {crop_s: 3.0, normalise: clip}\n    augment: {}\n    train: {seeds: [0], epochs: 50")],
         "transfer.finetuned: data/pretrain/notes/model.pt wants view.normalise: bin, but params.yaml has clip"),
        ([(EMBEDDED, f"{EMBEDDED}    layers: [1, 9]\n")], "embeddings.notes: layers: resnet with this model has no layer 9; it has 1 to "
         "5, and 'embedding'"),
        ([(EMBEDDED, EMBEDDED.replace("{crop_s: 1.0}", "{crop_s: 1.0, resize: [32, 32]}"))], "embeddings.notes: "
         "data/pretrain/notes/model.pt wants view.resize: null, but params.yaml has [32, 32]"),
    ],
)  # fmt: skip
def test_a_network_that_cannot_be_what_is_asked_for_is_told(here, edits, line):  # noqa: F811
    here(*edits)
    told = lines()
    assert told[0].startswith(line) and all(other.startswith("transfer.frozen.model: ") for other in told[1:])


@pytest.mark.parametrize(
    "edits",
    [
        [cnn("modnet")],
        [cnn("wave1d", spectrogram="wave"), WAVE, ("frequency_masks: 1}\n    train: {seeds: [0], epochs: 30", "frequency_masks: 0}\n    train: {epochs: 30")],
        [("view: {crop_s: 3.0, normalise: bin}", "view: {crop_s: null}"), cnn("musicnn_vgg")],
        [(UNFREEZE, "unfreeze: 6")],
        [(FINETUNED, FINETUNED.replace("stem: image", "stem: image, dropout: 0.5"))],
        [(FINETUNED, FINETUNED.replace("arch: resnet", "arch: resnet")), (UNFREEZE, f"{UNFREEZE}\n    batch_norm: frozen")],
    ],
)  # fmt: skip
def test_a_network_that_can_be_trained_is_no_problem(here, capsys, edits):  # noqa: F811
    here(*edits)
    main.main(["check"])
    assert capsys.readouterr().out == "params.yaml: no problems\n"


SONGS = "arch: musicnn, model: {}, weights: data/packaged/msd_musicnn/model.pt, view: {crop_s: null}}"


@pytest.mark.parametrize(
    ("new", "line"),
    [
        ("arch: musicnn_vgg, model: {}, weights: data/packaged/msd_musicnn/model.pt, view: {crop_s: 2.992}}", "embeddings.songs: arch is "
         "musicnn_vgg, but data/packaged/msd_musicnn/model.pt has weights of musicnn; write arch: musicnn, model: {}"),
        ("arch: efficientat, model: {}, weights: weights/mn04_as_mAP_432.pt, view: {crop_s: null}}", "embeddings.songs.model: width "
         "is 1.0, but weights/mn04_as_mAP_432.pt has weights of efficientat with 0.4; write model: {width: 0.4}"),
        ("arch: efficientat, model: {width: 0.4}, weights: weights/mn04_as_mAP_432.pt, view: {crop_s: null}}", ""),
        ("arch: encoder, model: {}, weights: dvc.yaml, view: {crop_s: null}}", "embeddings.songs: an encoder of one's own hears samples: "
         "`spectrogram` must name an entry of spectrograms with kind: waveform and options: {sample_rate_hz: …, pool: 1}"),
    ],
)  # fmt: skip
def test_published_weights_are_those_of_the_network(here, new, line):  # noqa: F811
    here(
        (SONGS, new),
        ("  songs: # the same, on", "  other: # the same, on"),
        ("input: embeddings/songs", "input: embeddings/notes"),
    )
    Path("weights").mkdir()
    Path("weights/mn04_as_mAP_432.pt").touch()
    assert [told for told in lines() if told.startswith("embeddings.songs")] == [line] * bool(line)


def test_published_weights_want_a_view_as_their_own(here):  # noqa: F811
    network = "arch: torchvision\n    model: {name: resnet18}"
    here((FINETUNED, f"input: spectrograms/logmel\n    {network}"),
         (f"{NOTES}    head: {{widths: [], dropout: 0.0}}\n    unfreeze", "    weights: weights/resnet18-f37072fd.pth\n    head: {}\n    unfreeze"))  # fmt: skip
    Path("weights").mkdir()
    Path("weights/resnet18-f37072fd.pth").touch()
    assert lines() == [
        "transfer.finetuned.view: normalise is bin, but weights/resnet18-f37072fd.pth wants minmax; write that"
    ]


def test_a_backbone_that_is_trained_in_vain_is_told(here):  # noqa: F811
    here(("train: {epochs: 12,", "train: {seeds: [0, 1], epochs: 12,"))
    assert lines() == [
        "pretrain.notes.train: seeds is [0, 1], but whatever starts from these weights takes those of the first; leave the others out"
    ]


def test_an_architecture_that_fails_is_told_and_no_traceback(here, monkeypatch):  # noqa: F811
    here(cnn("lenet"))

    def build(p, input_shape, n_labels):
        raise KeyError("no such activation")

    monkeypatch.setattr("dalsegno.models.lenet.build", build)
    assert lines() == ["cnn.conv: lenet cannot be built: KeyError: 'no such activation'"]


def test_an_architecture_that_looks_at_its_weights_is_left_to_its_stage(here, capsys, monkeypatch):  # noqa: F811
    here(cnn("lenet"))
    monkeypatch.setattr("dalsegno.models.lenet.build", lambda *_: torch.zeros(1).item())
    main.main(["check"])
    assert capsys.readouterr().out == "params.yaml: no problems\n"
