"""A GPU that is too small ends a stage in words, and leaves nothing. What PyTorch raises is raised here by hand."""

import pytest
import torch

from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.training import memory, network
from dalsegno.training.network import Model
from dalsegno.training.views import preprocess

RAISED = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB of which 1.2 GiB is free."
)


def no_room(*args):
    raise torch.OutOfMemoryError(RAISED)


@pytest.mark.parametrize("when", [True, False])
def test_a_gpu_that_is_too_small_says_what_to_lower(trained, tmp_path, monkeypatch, when):
    """In training, or only in validation."""
    forward = Model.forward
    monkeypatch.setattr(Model, "forward", lambda model, x: no_room() if model.training is when else forward(model, x))
    with pytest.raises(UserError) as error:
        trained("cnn", "a")
    assert str(error.value) == (
        "cnn.easy: the GPU does not have enough memory (Tried to allocate 2.00 GiB): lower train.batch_size (now 8), "
        "view.crop_s or the size of the model, or set runtime.device to cpu"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data_cnn_a", "params.yaml", "splits.csv"]


@pytest.mark.parametrize("side", [10**6, 10**15, 10**20])
def test_a_network_beyond_all_memory_says_so(side):
    """PyTorch has other words where the size itself is beyond 64 bits."""
    with (
        pytest.raises(UserError, match=r"the machine does not have enough memory.*: lower it"),
        memory.enough("lower it"),
    ):
        torch.nn.Conv2d(10**3, 10**3, side)


def test_what_a_view_makes_of_a_crop_may_be_beyond_all_memory():
    p, resized = params.component("dalsegno.models", "conv").Params(), preprocess.Resize((10**7, 10**7))
    with pytest.raises(UserError, match=r"the machine does not have enough memory.*: lower view.crop_s or view.resize"):
        network.build("conv", p, resized, torch.zeros(2, 1, 16, 16), 3)


@pytest.mark.parametrize("width", [10**12, 10**15, 10**18])
def test_an_architecture_beyond_all_memory_is_named_in_whichever_stage_builds_it(width):
    p, example = params.component("dalsegno.models", "conv").Params(channels=(9, width)), torch.zeros(1, 1, 16, 16)
    with pytest.raises(UserError, match=r"the machine does not have enough memory.*: lower the size of conv \(model\)"):
        network.build("conv", p, torch.nn.Identity(), example, 3)


def test_other_errors_are_left_alone():
    with pytest.raises(RuntimeError, match="shapes"), memory.enough("lower it"):
        raise RuntimeError("shapes do not go together")
