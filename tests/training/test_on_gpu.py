"""Whole stages on a GPU that is pretended: nothing lies on the wrong device, and the CPU does not wait within an epoch."""

import json
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import torch
from support import pretend_gpu
from support.easy_task import PARAMS, accuracy
from support.easy_task import stage as imported
from torch import nn

from dalsegno.artefacts.learning import model_pt
from dalsegno.pipeline.errors import UserError
from dalsegno.training import batches, memory, precision, together
from dalsegno.training.objective import optimise

GPU, CPU = torch.device("cuda"), torch.device("cpu")
IN_FULL = (
    "{gain_db: 6, equaliser_db: 3, contrast_share: 0.1, time_shift_share: 0.3, rotation_degrees: 5, noise_std: 0.1, "
    "time_masks: 1, frequency_masks: 1, mixup_alpha: 0.2}"
)
MODNET = "arch: modnet\n    model: {cepstra: 8, bands: 8, rates: 4, kernel_size: 7}"
CONV = "arch: conv\n    model: {channels: [8, 8], dense: [], dropout: 0.0}"


@pytest.fixture
def both(trained):
    """Run the stage `cnn` or `mlp` on the CPU and on the GPU; gives both folders and the lines at which the CPU waited."""
    [imported(name) for name in ("cnn", "mlp")]  # annotations are made with the true torch.Generator

    def run(family, params=PARAMS, **options):
        cpu = trained(family, "cpu", params=params, **options)
        with pretend_gpu.pretended() as gpu:
            there = trained(family, "gpu", params=params.replace("device: cpu", "device: cuda"), **options)
        return cpu, there, gpu.waits

    return run


def probabilities(folder):
    return pd.read_parquet(folder / "predictions.parquet").filter(regex="^p_").to_numpy()


def test_networks_on_tables_are_trained_as_on_the_cpu(both):
    cpu, gpu, _ = both("mlp", epochs=5, pca=0.95)
    assert np.allclose(probabilities(gpu), probabilities(cpu), atol=1e-6)
    cost = json.loads((gpu / "cost.json").read_text())
    assert cost["device"] == "cuda" and cost["dtype"] == "float32" and cost["gpu"] == "a pretended GPU"
    assert cost["peak_gpu_memory_mb"] == 2**20 / 1e6


@pytest.mark.parametrize("arch", [CONV, MODNET], ids=["conv", "modnet"])
def test_networks_on_spectrograms_are_trained_in_bfloat16_and_predict_in_float32(both, arch):
    cpu, gpu, _ = both("cnn", PARAMS.replace(CONV, arch), epochs=8)
    assert accuracy(gpu, "test") >= accuracy(cpu, "test") - 0.1 and accuracy(cpu, "test") > 0.8
    moved = np.abs(probabilities(gpu) - probabilities(cpu)).max()
    assert 1e-6 < moved < 0.3 and json.loads((gpu / "cost.json").read_text())["dtype"] == "bfloat16"
    saved = model_pt.load(gpu / "model.pt")["runs"][0]["state"]
    assert all(not isinstance(v, pretend_gpu.OnGpu) and v.dtype != torch.bfloat16 for v in saved.values())


@pytest.mark.parametrize("family", ["cnn", "mlp"])
@pytest.mark.parametrize("augment", ["{}", IN_FULL])
def test_the_cpu_never_waits_for_the_gpu_within_an_epoch(both, family, augment):
    """It waits as often where there are twice as many batches."""
    if family == "mlp" and augment == IN_FULL:
        augment = "{noise_std: 0.1, mixup_alpha: 0.2}"
    params = PARAMS.replace("augment: {}", f"augment: {augment}")
    *_, few = both(family, params, epochs=2)
    *_, many = both(family, params.replace("batch_size: 8", "batch_size: 4"), epochs=2)
    assert many == few and any("train.py" in line for line in few)


def test_spectrograms_that_do_not_fit_are_brought_batch_by_batch(both, monkeypatch):
    made_ahead = []
    monkeypatch.setattr(batches, "prefetched", lambda items: made_ahead.append(1) or items)
    plain = probabilities(both("cnn", epochs=2)[1])
    assert not made_ahead
    with mock.patch.object(memory, "sent", mock.Mock(side_effect=memory.sent)) as sent:
        monkeypatch.setattr(pretend_gpu, "FREE", 1000)
        streamed = probabilities(both("cnn", epochs=2)[1])
    assert len(made_ahead) == 2 and sent.call_count and np.array_equal(streamed, plain)


def test_what_is_pretended_fails_as_a_gpu_does():
    with pretend_gpu.pretended() as gpu:
        x = torch.ones(3, device=GPU)
        with pytest.raises(RuntimeError, match="same device"):
            x + torch.ones(3)
        with pytest.raises(TypeError, match="can't convert cuda"):
            x.numpy()
        with pytest.raises(RuntimeError, match="generator"):
            torch.rand(3, device=GPU, generator=torch.Generator())
        assert (x * 2 + 1).device == pretend_gpu.GPU and (x.cpu() + torch.ones(3)).device == CPU and x.is_cuda
        memory.sent(torch.ones(2), GPU)
    assert gpu.waits == []  # no line of ours


@pytest.mark.parametrize("generation, of_pictures", [(8, torch.bfloat16), (7, torch.float32)], ids=["A100", "T4"])
def test_only_pictures_and_waveforms_are_trained_in_bfloat16_on_a_gpu_that_has_it(monkeypatch, generation, of_pictures):
    for name, value in {
        "is_available": True, "current_device": 0, "get_device_properties": mock.Mock(major=generation),
        "_check_bf16_tensor_supported": True,
    }.items():  # fmt: skip
        monkeypatch.setattr(torch.cuda, name, lambda *_, value=value: value)
    shapes = ((1, 64, 128), (1, 2048), (213,))
    assert [precision.of_training(GPU, shape) for shape in shapes] == [of_pictures, of_pictures, torch.float32]
    assert precision.of_training(CPU, (1, 64, 128)) == torch.float32


def test_a_step_on_a_gpu_is_fused_where_pytorch_can():
    with pretend_gpu.pretended():
        groups = [{"params": list(nn.Linear(2, 2).to(GPU).parameters())}]
        fused = {
            name: optimise.optimizer(groups, optimise.Params(optimizer=name)).defaults.get("fused")
            for name in ("adam", "adamw", "sgd", "rmsprop")
        }
    assert fused == {"adam": True, "adamw": True, "sgd": True, "rmsprop": None}
    assert not optimise.optimizer([{"params": [torch.ones(2, requires_grad=True)]}], optimise.Params()).defaults[
        "fused"
    ]


def test_each_process_passes_things_on_at_its_own_gpu(monkeypatch):
    for name, value in (("RANK", "1"), ("LOCAL_RANK", "1"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    calls = mock.Mock()
    monkeypatch.setattr(torch.cuda, "set_device", calls.set_device)
    monkeypatch.setattr(together.dist, "init_process_group", calls.init)
    monkeypatch.setattr(together.dist, "destroy_process_group", calls.destroy)
    with together.joined(torch.device("cuda", 1)):
        waiting = mock.call.init("nccl", timeout=together.PATIENCE)  # for a validation of hours, not ten minutes
        assert calls.mock_calls == [mock.call.set_device(torch.device("cuda", 1)), waiting]


def test_what_pytorch_keeps_of_a_trial_before_is_free_for_the_next_one(monkeypatch):
    """Else a store of 40% of the memory would lie on the GPU in the first trial of a search alone."""
    for name, value in {"mem_get_info": (50, 100), "memory_reserved": 45, "memory_allocated": 5}.items():
        monkeypatch.setattr(torch.cuda, name, lambda _, value=value: value)
    assert memory.free_bytes(GPU) == 90


@pytest.mark.parametrize("raised", memory.BY_LIBRARIES)
def test_memory_that_a_library_asked_for_in_vain_is_told_alike(raised):
    with pytest.raises(UserError, match="the GPU does not have enough memory: lower it"), memory.enough("lower it"):
        raise RuntimeError(f"{raised} when calling something")
