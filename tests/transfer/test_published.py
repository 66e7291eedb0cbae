"""What published weights were trained on is known by the name of their file, and of no other file."""

import pytest

from dalsegno.report.page.made import introduction
from dalsegno.report.paper import method
from dalsegno.transfer import published

FILE = "weights/squeezenet1_0-b66bff10.pth"


@pytest.mark.parametrize(
    ("weights", "data"),
    [
        (FILE, "ImageNet-1k"), ("weights/mn04_as_mAP_432.pt", "AudioSet"), ("MSD_musicnn", "the Million Song Dataset"),
        ("weights/mtt_vgg.pt", "MagnaTagATune"), ("weights/mine.pt", ""), ("data/pretrain/notes/model.pt", ""),
    ],
)  # fmt: skip
def test_of_a_file(weights, data):
    assert published.trained_on(weights) == data


def test_every_one_says_it():
    assert all(row["data"] for row in published.rows())


def test_page_and_paper_tell_it():
    entry = {"input": "spectrograms/p", "arch": "torchvision", "model": {"name": "squeezenet1_0"}, "weights": FILE, "unfreeze": 1, "body_lr": 0.1}  # fmt: skip
    line = introduction.line("transfer/a", {"transfer": {"a": entry}}, {})
    assert (
        f"Fine-tuning of a network (torchvision squeezenet1_0) with the weights {FILE} (trained on ImageNet-1k) on"
        in line
    )
    assert method._start(entry).startswith(f"{FILE} (trained on ImageNet-1k); the last block learns")
