"""Checkpoints out of the package musicnn: its wheel, unpacked or packed, whole or not."""

import re
import zipfile

import pytest
import torch
from support import tf_checkpoints

from dalsegno.artefacts.learning import model_pt
from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.wheels import musicnn as musicnn_wheel
from dalsegno.transfer.wheels import wheel_file

SHAPES = {"conv2d/kernel": (7, 5, 1, 4), "conv2d/bias": (4,), "dense/kernel": (4, 3), "dense/bias": (3,)}
SHAPES |= {f"batch_normalization/{name}": (4,) for name in ("gamma", "beta", "moving_mean", "moving_variance")}
ARRAYS = tf_checkpoints.random(SHAPES)
OPTIMISER = {"conv2d/kernel/Adam": ARRAYS["conv2d/kernel"], "beta1_power": ARRAYS["dense/bias"].sum()[None]}


@pytest.fixture
def unpacked(tmp_path):
    tf_checkpoints.write(tmp_path / "musicnn/MSD_musicnn", ARRAYS | OPTIMISER)
    return tmp_path / "musicnn"


@pytest.fixture
def wheel(unpacked, tmp_path):
    path = tmp_path / "musicnn-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for content in sorted(unpacked.rglob("*")):
            file.write(content, content.relative_to(tmp_path))
    return path


def test_layers_come_in_pytorchs_names_and_order_of_axes_without_the_optimiser(unpacked):
    state = musicnn_wheel.read(unpacked, "MSD_musicnn")
    norm = ["bias", "num_batches_tracked", "running_mean", "running_var", "weight"]
    layers = ["conv2d.bias", "conv2d.weight", "dense.bias", "dense.weight"]
    assert sorted(state) == [f"batch_normalization.{name}" for name in norm] + layers
    kernel = torch.from_numpy(ARRAYS["conv2d/kernel"])
    assert state["conv2d.weight"].shape == (4, 1, 7, 5) and state["conv2d.weight"].is_contiguous()
    assert all(torch.equal(state["conv2d.weight"][i, 0], kernel[:, :, 0, i]) for i in range(4))
    assert torch.equal(state["dense.weight"], torch.from_numpy(ARRAYS["dense/kernel"]).T)
    assert torch.equal(
        state["batch_normalization.running_var"], torch.from_numpy(ARRAYS["batch_normalization/moving_variance"])
    )


def test_a_wheel_and_its_folder_give_the_same(unpacked, wheel, tmp_path):
    model_pt.save(tmp_path / "a.pt", musicnn_wheel.read(unpacked, "MSD_musicnn"))
    assert wheel_file.difference(musicnn_wheel.read(wheel, "MSD_musicnn"), tmp_path / "a.pt", wheel) == ""


def test_weights_that_are_not_the_wheels_are_told_apart(wheel, tmp_path):
    state = musicnn_wheel.read(wheel, "MSD_musicnn")
    for changed, says in (
        (state | {"conv2d.bias": state["conv2d.bias"] + 1}, "1 tensors differ from those in .*such as conv2d.bias"),
        (state | {"more": torch.zeros(1)}, "1 tensors differ .* such as more"),
        ({"dense.weight": state["dense.weight"]}, "8 tensors differ"),
    ):
        torch.save(changed, tmp_path / "x.pt")
        assert re.search(says, wheel_file.difference(state, tmp_path / "x.pt", wheel))
    (tmp_path / "x.pt").write_bytes((tmp_path / "x.pt").read_bytes()[:-30])
    assert "not a readable file of weights" in wheel_file.difference(state, tmp_path / "x.pt", wheel)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_wheel_cut_short_is_refused_by_name(wheel, share):
    whole = wheel.read_bytes()
    wheel.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UserError, match=r"musicnn-0\.1\.0.*\.whl: not a wheel, or cut short"):
        musicnn_wheel.read(wheel, "MSD_musicnn")


def test_a_wheel_with_wrong_bytes_inside_is_refused_by_name(wheel):
    content = bytearray(wheel.read_bytes())
    content[120:140] = bytes(20)
    wheel.write_bytes(content)
    with pytest.raises(UserError, match=r"musicnn-0\.1\.0.*\.whl"):
        musicnn_wheel.read(wheel, "MSD_musicnn")


def test_what_is_no_wheel_of_this_package_is_refused(tmp_path):
    other = tmp_path / "musicnn-0.2.0-py3-none-any.whl"
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("musicnn/__init__.py", "")
    for source, says in (
        (other, "musicnn-0.2.0.*: not the wheel of musicnn 0.1.0: There is no item named 'musicnn/MSD_musicnn/.index'"),
        (tmp_path / "absent.whl", "absent.whl: No such file"),
        (tmp_path, "MSD_musicnn/.index: No such file or directory; it is part of musicnn 0.1.0"),
    ):
        with pytest.raises(UserError, match=says):
            musicnn_wheel.read(source, "MSD_musicnn")


def test_a_misspelt_checkpoint_is_answered_with_those_there_are(wheel):
    with pytest.raises(
        UserError, match=r"did you mean 'MSD_vgg'.*there are: MSD_musicnn, MSD_vgg, MTT_musicnn, MTT_vgg"
    ):
        musicnn_wheel.read(wheel, "MSD_vvg")


def test_a_damaged_checkpoint_is_refused_with_the_wheel_and_the_checkpoint(unpacked):
    data = unpacked / "MSD_musicnn/.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-4])
    with pytest.raises(UserError, match=r"musicnn/MSD_musicnn/\.data-00000-of-00001: cut short"):
        musicnn_wheel.read(unpacked, "MSD_musicnn")
