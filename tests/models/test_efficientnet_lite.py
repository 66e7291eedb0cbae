"""EfficientNet-Lite: the same logits as timm's network with the published weights, and as functions alone with random ones."""

import math

import pytest
import torch
from torch.nn import functional as F

from dalsegno.cli import weights
from dalsegno.models import efficientnet_lite as lite
from dalsegno.transfer.wheels import state_dict

LOGITS = {  # of `picture`, the first five and the greatest, by timm 1.0.31's tf_efficientnet_lite0 to 2 with these weights
    "lite0": ([1.5832, 3.0130, 1.4308, -1.1493, -0.7921], [807, 906, 905]),
    "lite1": ([-1.6062, 1.8989, -0.3386, 0.0693, 0.2753], [906, 885, 811]),
    "lite2": ([0.2769, 0.7693, 0.2336, -0.6019, -0.6825], [854, 714, 584]),
}
every_variant = pytest.mark.parametrize("name", LOGITS)


def picture(side):
    """Waves in red, a slope in green, stripes in blue, (1, 3, side, side) in [0, 1]; the lowest bin is the first row."""
    r = torch.arange(side) / side
    waves = torch.sin(6 * math.pi * r)[:, None] * torch.cos(4 * math.pi * r)
    return (torch.stack([waves, 2 * r[:, None] * r - 1, torch.cos(20 * math.pi * (r[:, None] + r))])[None] + 1) / 2


def ours(name, state, side, size=None):
    p = lite.Params(name=name, size=size)
    net = lite.build(p, (3, side, side), 1000)
    net.load_state_dict(lite.published(p, state, {}))
    return net.eval()


def random(name):
    """Weights in the published names, of batch norms too."""
    torch.manual_seed(0)
    p = lite.Params(name=name)
    net = lite.build(p, (3, 64, 64), 1000)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    state = net.state_dict()
    return {f"{old}.{kind.rpartition('.')[2]}": state[kind] for old, new in lite._names(p).items() for kind in state
            if kind.rpartition(".")[0] == new}  # fmt: skip


def by_functions(w, x, strides, kernels):
    """The network without modules: x (batch, 3, row, column), scaled; strides and kernels of the blocks."""

    def conv(x, name, norm, stride=1, kernel=1, active=True):
        weight = w[f"{name}.weight"]
        pads = []
        for n in (x.shape[3], x.shape[2]):
            missing = max((math.ceil(n / stride) - 1) * stride + kernel - n, 0)
            pads += [missing // 2, missing - missing // 2]
        x = F.conv2d(F.pad(x, pads), weight, stride=stride, groups=x.shape[1] // weight.shape[1])
        values = (w[f"{norm}.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias"))
        x = F.batch_norm(x, *values, eps=1e-3)
        return x.clamp(0, 6) if active else x

    x = conv(x, "_conv_stem", "_bn0", 2, 3)
    for i, (stride, kernel) in enumerate(zip(strides, kernels, strict=True)):
        block = f"_blocks.{i}"
        y = conv(x, f"{block}._expand_conv", f"{block}._bn0") if f"{block}._expand_conv.weight" in w else x
        y = conv(y, f"{block}._depthwise_conv", f"{block}._bn1", stride, kernel)
        y = conv(y, f"{block}._project_conv", f"{block}._bn2", active=False)
        x = x + y if y.shape == x.shape else y
    return conv(x, "_conv_head", "_bn1").mean((2, 3)) @ w["_fc.weight"].T + w["_fc.bias"]


@every_variant
@pytest.mark.parametrize("side", [64, 97])
def test_random_weights_give_what_functions_alone_give(name, side):
    repeats = {"lite0": [1, 2, 2, 3, 3, 4, 1], "lite1": [1, 3, 3, 4, 4, 5, 1], "lite2": [1, 3, 3, 4, 4, 5, 1]}[name]
    strides = [s if i == 0 else 1 for s, n in zip([1, 2, 2, 2, 1, 2, 1], repeats, strict=True) for i in range(n)]
    kernels = [k for k, n in zip([3, 3, 5, 3, 5, 5, 3], repeats, strict=True) for _ in range(n)]
    state, x = random(name), picture(side)
    with torch.inference_mode():
        wanted = by_functions(state, (x.flip(2) - 127 / 255) / (128 / 255), strides, kernels)
        torch.testing.assert_close(ours(name, state, side, "as_is")(x), wanted, rtol=1e-4, atol=1e-4)


@every_variant
def test_published_weights_give_timms_logits(name):
    row = weights.table()[f"efficientnet_{name}"]
    if row.wheel is None or not row.published.is_file():
        pytest.skip(f"needs {row.published}, which is not part of the project")
    first, greatest = LOGITS[name]
    with torch.inference_mode():
        side = lite.SCALES[name][2]
        (logits,) = ours(name, state_dict.read(row.published, row.wheel.checkpoint), side)(picture(side))
    assert logits[:5].tolist() == pytest.approx(first, abs=1e-3)
    assert logits.topk(3).indices.tolist() == greatest


def test_one_channel_stands_for_three_and_is_made_a_square():
    state, x = random("lite0"), torch.rand(2, 1, 50, 30)
    net = ours("lite0", state, 50, 64)
    assert net.body[0](x).shape == (2, 3, 64, 64)
    assert net.body[0](torch.ones(1, 1, 64, 64)).unique().tolist() == pytest.approx([1.0])
    with torch.inference_mode():
        torch.testing.assert_close(net(x), net(x.expand(-1, 3, -1, -1)))


@pytest.mark.parametrize(
    ("name", "other", "message"),
    [
        ("lite0", "lite1", r"not the weights of EfficientNet-Lite0; layers: 30 unknown \(_blocks\.16\._bn0"),
        ("lite1", "lite0", r"not the weights of EfficientNet-Lite1; layers: 30 absent .*; set model.name"),
    ],
)
def test_weights_of_another_variant_are_refused(name, other, message):
    with pytest.raises(ValueError, match=message):
        lite.published(lite.Params(name=name), random(other), {})
