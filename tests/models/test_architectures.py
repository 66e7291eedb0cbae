"""The contract of models/: every file of the folder is held to it, a new one from the moment it lies there."""

import copy
import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import nn

from dalsegno import models
from dalsegno.models import wave1d
from dalsegno.pipeline import params

ARCHITECTURES = sorted(path.stem for path in Path(models.__file__).parent.glob("[!_]*.py"))
ARCHITECTURES.remove("encoder")  # it stands for the files of others and has no network
if not find_spec("transformers"):  # an optional extra
    ARCHITECTURES.remove("transformers")
TABLE, PICTURE, WAVE = (57,), (1, 128, 39), (1, 2048)  # a table's row, 3 s of the log-mel pictures, a pooled waveform
INPUT = {"mlp": TABLE, "wave1d": WAVE, "transformers": WAVE, "musicnn_vgg": (1, 96, 187)}  # all others take PICTURE
N_PARAMETERS = {
    "bandnet": 310_266,
    "bbnn": 185_642,
    "conv": 88_106,
    "efficientat": 4_214_554,
    "efficientnet_lite": 3_383_818,
    "lenet": 347_786,
    "mlp": 49_034,
    "modnet": 53_810,
    "musicnn": 829_099,
    "musicnn_vgg": 595_468,
    "resnet": 11_175_370,
    "torchvision": 727_626,
    "transformers": 27_258,
    "vgg": 1_241_002,
    "wave1d": 1_135_338,
}
SMALL = {  # the smallest of those that one file gives
    "efficientnet_lite": {"size": 64},
    "torchvision": {"name": "squeezenet1_1", "size": 64},
    "transformers": {
        "type": "wav2vec2",
        "config": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
        | {"conv_dim": [16, 16], "conv_stride": [5, 2], "conv_kernel": [10, 3], "num_feat_extract_layers": 2}
        | {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2},
    },
}
N_LABELS = 10

every_architecture = pytest.mark.parametrize("arch", ARCHITECTURES)


def shape_of(arch):
    return INPUT.get(arch, PICTURE)


def build(arch, shape=None, n_labels=N_LABELS, seed=0, **settings):
    module = importlib.import_module(f"dalsegno.models.{arch}")
    torch.manual_seed(seed)
    return module.build(module.Params(**SMALL.get(arch, {}) | settings), shape or shape_of(arch), n_labels)


def batch_of(shape, n=3):
    return torch.randn(n, *shape, generator=torch.Generator().manual_seed(1))


def parse(arch, **settings):
    return params.parse("cnn.x.model", settings, importlib.import_module(f"dalsegno.models.{arch}").Params)


@every_architecture
@pytest.mark.parametrize("n_labels", [2, N_LABELS])
def test_a_batch_becomes_one_row_of_logits_per_sample(arch, n_labels):
    model = build(arch, n_labels=n_labels).eval()
    for n in (1, 3):
        assert model(batch_of(shape_of(arch), n)).shape == (n, n_labels)


@every_architecture
def test_the_body_is_a_row_of_blocks_that_ends_in_an_embedding(arch):
    model = build(arch).eval()
    x = batch_of(shape_of(arch))
    embedding = x
    for block in model.body.children():
        embedding = block(embedding)
    assert isinstance(model.body, nn.Sequential) and len(model.body) > 1
    assert embedding.ndim == 2
    torch.testing.assert_close(model.head(embedding), model(x))
    assert {name.split(".")[0] for name in model.state_dict()} <= {"body", "head"}


@every_architecture
def test_every_trainable_parameter_gets_a_finite_gradient(arch):
    model = build(arch).train()
    loss = nn.functional.cross_entropy(model(batch_of(shape_of(arch), 4)), torch.arange(4))
    loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    assert any(parameter.grad.abs().sum() > 0 for parameter in model.parameters())


@every_architecture
def test_the_seed_decides_the_weights(arch):
    first, again, other = build(arch, seed=3), build(arch, seed=3), build(arch, seed=4)
    x = batch_of(shape_of(arch))
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True))
    assert not torch.allclose(first.eval()(x), other.eval()(x))


@every_architecture
def test_a_state_dict_carries_the_whole_model(arch, tmp_path):
    model = build(arch, seed=3).train()
    model(batch_of(shape_of(arch)))  # moves what batch norms remember
    torch.save(model.state_dict(), tmp_path / "model.pt")
    copied = build(arch, seed=4)
    copied.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    x = batch_of(shape_of(arch))
    assert torch.equal(copied.eval()(x), model.eval()(x))


@every_architecture
def test_building_and_predicting_leave_the_parameters_and_the_model_as_they_were(arch):
    model = build(arch).eval()
    before = copy.deepcopy(model.state_dict())
    with torch.inference_mode():
        model(batch_of(shape_of(arch)))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@every_architecture
def test_the_number_of_parameters_is_pinned(arch):
    """Here, or in a test of its own, as `dalsegno new arch` writes one."""
    own = Path(__file__).with_name(f"test_{arch}.py")
    if arch in N_PARAMETERS or not own.is_file():
        assert sum(p.numel() for p in build(arch).parameters()) == N_PARAMETERS.get(arch)


@every_architecture
def test_an_input_of_another_rank_is_refused_with_its_shape(arch):
    for shape in {TABLE, PICTURE, WAVE} - {shape_of(arch)}:
        with pytest.raises(ValueError, match=f"{arch} takes .*{shape[-1]}"):
            build(arch, shape)


@every_architecture
def test_an_input_too_small_for_the_poolings_is_refused_with_the_least_that_goes(arch):
    shape = shape_of(arch)
    if len(shape) == 1:
        assert build(arch, (1,)).eval()(batch_of((1,))).shape == (3, N_LABELS)
        return
    too_small = (*shape[:-1], 1)
    with pytest.raises(ValueError, match=rf"{arch} .*at least (\d+).*; got .*\b1\b") as refused:
        build(arch, too_small)
    least = int(str(refused.value).split("at least ")[1].split()[0])
    exact = tuple([shape[0]] + [least] * (len(shape) - 1))
    assert build(arch, exact).eval()(batch_of(exact)).shape == (3, N_LABELS)
    with pytest.raises(ValueError, match="at least"):
        build(arch, (*exact[:-1], least - 1))


@every_architecture
def test_a_misspelt_parameter_is_refused(arch):
    assert "there is no such parameter" in parse(arch, **SMALL.get(arch, {}), wodth=1)[1][0]


@pytest.mark.parametrize(
    "arch",
    sorted({"conv", "resnet", "vgg", "bbnn", "bandnet", "efficientat", "modnet", "musicnn"} & set(ARCHITECTURES)),
)
def test_networks_with_global_pooling_take_any_length(arch):
    model = build(arch).eval()
    for n_frames in (39, 64, 387):
        assert model(batch_of((1, 128, n_frames), 2)).shape == (2, N_LABELS)


@pytest.mark.parametrize(
    "arch", sorted({"conv", "lenet", "vgg", "resnet", "bbnn", "bandnet", "modnet"} & set(ARCHITECTURES))
)
def test_pictures_may_have_several_channels(arch):
    assert build(arch, (3, 64, 64)).eval()(batch_of((3, 64, 64))).shape == (3, N_LABELS)


@pytest.mark.parametrize(("arch", "name"), [("resnet", "depth"), ("bbnn", "blocks"), ("vgg", "convolutions")])
def test_more_layers_than_anybody_could_train_are_refused_before_they_are_made(arch, name):
    (problem,) = parse(arch, **{name: [2, 10**9] if arch == "resnet" else 10**9})[1]
    assert problem.endswith("should be less than or equal to 1000, got 1000000000")


def test_mlp_has_the_widths_and_the_activation_of_each_layer():
    model = build("mlp", widths=(64, 48, 64), activation=("tanh", "relu", "tanh"), batch_norm=True)
    assert [layer[0].out_features for layer in model.body] == [64, 48, 64]
    assert [type(layer[2]) for layer in model.body] == [nn.Tanh, nn.ReLU, nn.Tanh]
    assert all(isinstance(layer[1], nn.BatchNorm1d) for layer in model.body)


def test_mlp_refuses_activations_that_do_not_match_the_widths():
    assert "one for each layer" in parse("mlp", widths=[64, 48, 64], activation=["relu", "tanh"])[1][0]
    assert "should be 'relu'" in parse("mlp", widths=[64], activation="softmax")[1][0]
    assert parse("mlp", widths=[64, 48], activation="tanh")[0].activation == ("tanh",)
    assert parse("mlp", widths=[])[1]


def test_conv_is_the_published_course_network():
    model = build(
        "conv",
        shape=(3, 64, 64),
        channels=(32, 64, 96),
        dense=(512, 256, 128, 64),
        dropout=(0.5, 0.0, 0.5, 0.0),
        batch_norm=False,
        global_average=False,
    )
    expected = 3 * 9 * 32 + 32 + 32 * 9 * 64 + 64 + 64 * 9 * 96 + 96
    for n_in, n_out in zip([96 * 8 * 8, 512, 256, 128, 64], [512, 256, 128, 64, 10], strict=True):
        expected += n_in * n_out + n_out
    assert sum(p.numel() for p in model.parameters()) == expected
    assert [m.p for m in model.modules() if isinstance(m, nn.Dropout)] == [0.5, 0.0, 0.5, 0.0]


def test_conv_takes_a_kernel_size_for_each_block_and_the_pooling_asked_for():
    model = build("conv", channels=(16, 32), kernel_size=(5, 3), pooling="average", global_average=False)
    convs = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    assert [c.kernel_size for c in convs] == [(5, 5), (3, 3)]
    assert sum(isinstance(m, nn.AvgPool2d) for m in model.modules()) == 2
    assert model.eval()(batch_of(PICTURE)).shape == (3, N_LABELS)
    assert "one for each" in parse("conv", channels=[16, 32, 32], kernel_size=[3, 5])[1][0]


def test_resnet_has_the_18_layer_pattern_of_torchvision():
    torchvision = pytest.importorskip("torchvision")
    reference = torchvision.models.resnet18(num_classes=N_LABELS)
    ours = build("resnet", shape=(3, 64, 64))
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in reference.parameters())
    ours.load_state_dict(dict(zip(ours.state_dict(), reference.state_dict().values(), strict=True)))
    x = batch_of((3, 64, 64))
    torch.testing.assert_close(ours.eval()(x), reference.eval()(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("width", [1, 4, 7])
def test_a_narrow_resnet_trains_channels_last(width):
    """oneDNN writes beyond its memory in the gradient of a strided 1 × 1 convolution of few channels, and PyTorch crashes."""
    ours = build("resnet", width=width, depth=(1, 1), stem="small").to(memory_format=torch.channels_last)
    shortcut = ours.body[2][0].shortcut[0]
    assert type(shortcut) is not torch.nn.Conv2d, "which would end pytest below"
    x, y = torch.randn(32, width, 32, 32), torch.randn(32, 2 * width, 16, 16)
    plain = torch.nn.grad.conv2d_weight(x.contiguous(), shortcut.weight.shape, y, stride=2)
    (grad,) = torch.autograd.grad(shortcut(x.to(memory_format=torch.channels_last)), shortcut.weight, y)
    assert torch.allclose(grad, plain, atol=1e-3)


def test_resnet_scales_in_width_and_depth():
    model = build("resnet", width=16, depth=(1, 1, 1), stem="small", pooling="max", kernel_size=5)
    assert model.head.in_features == 64
    last = model.body[:-1].eval()(batch_of(PICTURE))
    torch.testing.assert_close(model.eval().body(batch_of(PICTURE)), last.amax((2, 3)))
    assert "odd" in parse("resnet", kernel_size=4)[1][0]


def test_lenet_is_the_network_of_1998_when_asked():
    model = build("lenet", shape=(1, 32, 32), activation="tanh", pooling="average")
    assert sum(p.numel() for p in model.body[:2].parameters()) == 6 * 26 + 16 * (6 * 25 + 1)
    assert [m.in_features for m in model.modules() if isinstance(m, nn.Linear)] == [400, 120, 84]
    assert not any(isinstance(m, nn.ReLU | nn.MaxPool2d) for m in model.modules())


def test_vgg_scales_in_depth_and_width():
    model = build("vgg", channels=(8, 16), convolutions=3, dense=20)
    assert [m.out_channels for m in model.modules() if isinstance(m, nn.Conv2d)] == [8, 8, 8, 16, 16, 16]
    assert model.head.in_features == 20


def test_bbnn_has_the_published_number_of_weights():
    """180,458 without the batch norms', as the paper's 0.18 M and the public Keras versions count."""
    model = build("bbnn")
    norms = sum(p.numel() for m in model.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters())
    assert sum(p.numel() for p in model.parameters()) - norms == 180_458


def test_bbnn_pools_time_and_keeps_every_bin():
    broadcast = build("bbnn").eval().body[:4](batch_of((1, 128, 647), 1))
    assert broadcast.shape == (1, 32 * 13, 128, 161)  # the authors' own listing, transposed


def test_wave1d_is_the_published_network():
    """Sizes as Keras counts them for 2,048 samples: 2,046 - 682 - 678 - 136 - 132."""
    model = build("wave1d")
    sizes, x = [], batch_of(WAVE)
    for block in model.body[:3]:
        for layer in block.eval():
            x = layer(x)
            if isinstance(layer, nn.Conv1d | nn.AvgPool1d):
                sizes.append(tuple(x.shape[1:]))
    assert sizes == [(32, 2046), (32, 682), (64, 678), (64, 136), (128, 132)]
    assert [m.out_features for m in model.modules() if isinstance(m, nn.Linear)] == [64, 32, 10]
    assert sum(m.p == 0.2 for m in model.modules() if isinstance(m, nn.Dropout)) == 3


@pytest.mark.parametrize("n_samples", [676, 677, 678, 679, 680])
def test_wave1d_averages_true_samples_only_as_keras_pads(n_samples):
    x = batch_of((2, n_samples), 1)
    n_out = -(-n_samples // 5)
    before = (n_out * 5 - n_samples) // 2
    windows = [x[..., max(0, i * 5 - before) : i * 5 - before + 5].mean(-1) for i in range(n_out)]
    torch.testing.assert_close(wave1d._average(n_samples, 5)(x), torch.stack(windows, -1))


def test_wave1d_takes_other_widths_and_refuses_lists_that_do_not_match():
    model = build("wave1d", channels=(8, 16), kernel_sizes=(7, 3), pool_sizes=(4,), dense=(12,), dropout=0.5)
    assert model.eval()(batch_of(WAVE)).shape == (3, N_LABELS)
    assert "need 2 'kernel_sizes' and 1 'pool_sizes'" in parse("wave1d", channels=[8, 16])[1][0]


def test_bandnet_tells_one_band_from_another():
    """The same pattern in the bass and in the treble, which an average over bins cannot tell apart."""
    low, high = torch.zeros(1, 1, 128, 39), torch.zeros(1, 1, 128, 39)
    low[..., 40:44, :], high[..., 88:92, :] = 5.0, 5.0
    model = build("bandnet").eval()

    def apart(hear):
        return ((hear(low) - hear(high)).norm() / hear(low).norm()).item()

    assert apart(lambda x: model.body[:-2](x).mean((2, 3))) < 0.05
    assert apart(model.body) > 0.1


def test_modnet_hears_how_fast_a_thing_moves():
    """The same bar of sound, as loud and as deep, at two speeds: an untrained model already tells them apart by rate."""
    model = build("modnet").eval()
    frames = torch.arange(192)

    def energies(cycles_a_frame):
        x = torch.zeros(1, 1, 128, 192)
        x[..., 40:48, :] = torch.sin(2 * torch.pi * cycles_a_frame * frames)
        return model.body[1][0](model.body[0](x))[0, 72:].view(36, 8)[25]  # of the band that holds these bins

    rates = torch.logspace(torch.tensor(0.03).log10(), torch.tensor(0.48).log10(), 8)
    for k in (1, 3, 5):
        assert energies(rates[k].item()).argmax() == k


def test_modnet_profiles_start_as_cepstrum_and_bands():
    profiles = build("modnet").body[0].weight
    torch.testing.assert_close(profiles[:20] @ profiles[:20].T, torch.eye(20), atol=1e-5, rtol=0)
    flat = torch.ones(128)
    assert (profiles[1:20] @ flat).abs().max() < 1e-4  # cosines but the first are blind to loudness
    assert torch.equal(profiles[20:] > 0, torch.eye(16).repeat_interleave(8, 1) > 0)
