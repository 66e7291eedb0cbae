"""Networks of torchvision taken apart into blocks: the same figures as torchvision's own, with the same weights."""

import re
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from dalsegno.models import torchvision as arch
from dalsegno.pipeline import params

SQUEEZENET = Path("../shared/data/weights/squeezenet1_0_imagenet.pth")
ONE_OF_EACH = {  # a small one of every family whose layers torchvision puts together in its own way, and its blocks
    "resnet18": 6,
    "mobilenet_v3_small": 15,
    "shufflenet_v2_x0_5": 6,
    "mnasnet0_5": 11,
    "googlenet": 13,
    "densenet121": 9,
    "efficientnet_b0": 10,
    "regnet_y_400mf": 6,
}
SIZE = 64


def pictures(n_channels=3, bins=SIZE, frames=SIZE):
    return torch.rand(2, n_channels, bins, frames, generator=torch.Generator().manual_seed(1))


def theirs(name, **options):
    """torchvision's network with random weights, and batch norms that have seen something."""
    torch.manual_seed(0)
    if name in arch.HALVED:
        options["init_weights"] = True
    net = torchvision.models.get_model(name, weights=None, **options).eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return net


def ours(p, weights, n_labels=1000, shape=(3, SIZE, SIZE)):
    net = arch.build(p, shape, n_labels).eval()
    net.load_state_dict(arch.published(p, weights, {}))
    return net


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_with_published_weights_it_is_torchvisions_network(name):
    p, reference = arch.Params(name=name, size=SIZE), theirs(name)
    net, x = ours(p, reference.state_dict()), pictures()
    assert len(net.body) == ONE_OF_EACH[name]
    with torch.inference_mode():
        logits = reference(net.body[0](x))
        assert logits.std() > 1e-3  # they say something
        torch.testing.assert_close(net(x), logits, rtol=1e-4, atol=1e-4)


def test_a_vision_transformer_is_a_row_of_blocks_too():
    torch.manual_seed(0)
    sizes = {"image_size": SIZE, "patch_size": 32, "num_layers": 2, "num_heads": 2, "hidden_dim": 32, "mlp_dim": 64}
    reference = torchvision.models.VisionTransformer(**sizes).eval()
    nn.init.normal_(reference.heads.head.weight)
    layers, head = arch._chain(reference, hidden=True)
    blocks = list(arch._blocks(layers))
    assert len(blocks) == 3  # the tokens, and two layers
    with torch.inference_mode():
        torch.testing.assert_close(nn.Sequential(*blocks, head)(pictures()), reference(pictures()))


def test_vgg_has_a_block_for_each_layer_that_learns():
    with torch.device("meta"):  # 138 million weights that nobody needs
        layers, head = arch._chain(torchvision.models.vgg16(), hidden=True)
        blocks = list(arch._blocks(layers))
    assert [type(block[0]) for block in blocks] == [nn.Conv2d] * 13 + [nn.Linear] * 2
    assert [type(layer) for layer in blocks[-2]] == [nn.Linear, nn.ReLU, nn.Dropout]
    assert (head.in_features, blocks[12][-1].__class__) == (4096, nn.Flatten)


def test_vgg_can_do_without_its_hidden_layers():
    with torch.device("meta"):
        layers, head = arch._chain(torchvision.models.vgg16(), hidden=False)
        blocks = list(arch._blocks(layers))
    assert [type(block[0]) for block in blocks] == [nn.Conv2d] * 13
    assert [type(layer) for layer in blocks[-1]] == [nn.Conv2d, nn.ReLU, nn.MaxPool2d, arch.Pool]
    assert head.in_features == 512


def test_without_hidden_layers_the_embedding_is_the_average_of_the_last_maps_channels():
    reference = theirs("mobilenet_v3_small")
    p = arch.Params(name="mobilenet_v3_small", size=SIZE, hidden=False)
    net = arch.build(p, (3, SIZE, SIZE), 3).eval()
    missing, unexpected = net.load_state_dict(arch.published(p, reference.state_dict(), {}), strict=False)
    assert (missing, unexpected) == (["head.weight", "head.bias"], [])
    with torch.inference_mode():
        wanted = reference.features(net.body[0](pictures())).mean((2, 3))
        torch.testing.assert_close(net.body(pictures()), wanted, rtol=1e-4, atol=1e-4)


def test_its_last_map_can_be_flattened_as_torchvisions_own_classifier_gets_it():
    reference = theirs("alexnet")
    p = arch.Params(name="alexnet", size=SIZE, hidden=False, pool="none")
    net = arch.build(p, (3, SIZE, SIZE), 3).eval()
    missing, unexpected = net.load_state_dict(arch.published(p, reference.state_dict(), {}), strict=False)
    assert (missing, unexpected) == (["head.weight", "head.bias"], [])
    with torch.inference_mode():
        wanted = reference.avgpool(reference.features(net.body[0](pictures()))).flatten(1)
        torch.testing.assert_close(net.body(pictures()), wanted)
    with torch.device("meta"):
        layers, head = arch._chain(torchvision.models.vgg16(), hidden=False, pool="none")
    assert head.in_features == 25_088 and isinstance(layers[-2], nn.AdaptiveAvgPool2d)
    assert "set hidden to false" in params.parse("x", {"name": "vgg16", "pool": "none"}, arch.Params)[1][0]


def test_a_network_without_hidden_layers_cannot_leave_them_out():
    with pytest.raises(ValueError, match="hidden is false, but ResNet has no hidden layers"):
        arch.build(arch.Params(name="resnet18", size=SIZE, hidden=False), (1, SIZE, SIZE), 3)


def test_auxiliary_heads_of_published_weights_are_left_out():
    reference = theirs("googlenet", aux_logits=True)
    assert any(name.startswith("aux1.") for name in reference.state_dict())
    p = arch.Params(name="googlenet", size=SIZE)
    net = ours(p, reference.state_dict())
    torch.testing.assert_close(net.body[0](pictures()), pictures().flip(2) * 2 - 1)  # as its transform_input has it
    with torch.inference_mode():
        torch.testing.assert_close(net(pictures()), reference(net.body[0](pictures())), rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(not SQUEEZENET.exists(), reason=f"{SQUEEZENET} is not here")
def test_squeezenet_of_imagenet_computes_the_embedding_of_torchvisions_own():
    weights = torch.load(SQUEEZENET, weights_only=True)
    reference = torchvision.models.squeezenet1_0(weights=None).eval()
    reference.load_state_dict(weights)
    p = arch.Params(name="squeezenet1_0")
    net = arch.build(p, (3, 224, 224), 10).eval()
    state = arch.published(p, weights, {})
    net.load_state_dict({name: tensor for name, tensor in state.items() if not name.startswith("head.")}, strict=False)
    assert {name for name in net.state_dict() if name.startswith("body.")} <= set(state)
    x = pictures(3, 224, 224)
    wanted = torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))(x.flip(2))
    with torch.inference_mode():
        maps = reference.features(wanted)
        torch.testing.assert_close(net.body(x), maps.mean((2, 3)), rtol=1e-4, atol=1e-4)
        before_the_pool = nn.Sequential(*net.body[:-1], net.body[-1][0])(x)
        torch.testing.assert_close(reference.classifier(before_the_pool).flatten(1), reference(wanted))


def test_keys_of_older_files_are_known():
    p, weights = arch.Params(name="densenet121", size=SIZE), theirs("densenet121").state_dict()
    of_2017 = {re.sub(r"(denselayer\d+\.(norm|conv))([12])", r"\1.\3", name): w for name, w in weights.items()}
    assert "features.denseblock1.denselayer2.norm.1.weight" in of_2017
    torch.testing.assert_close(ours(p, of_2017)(pictures()), ours(p, weights)(pictures()))
    p, weights = arch.Params(name="resnet18", size=SIZE), theirs("resnet18").state_dict()
    old = {name: tensor for name, tensor in weights.items() if not name.endswith("num_batches_tracked")}
    assert len(old) < len(weights)
    torch.testing.assert_close(ours(p, old)(pictures()), ours(p, weights)(pictures()))


def test_weights_of_another_network_keep_the_names_that_differ():
    p = arch.Params(name="resnet18", size=SIZE)
    state = arch.published(p, {"conv1.weight": torch.zeros(1), "features.0.weight": torch.zeros(1)}, {})
    assert {"body.1.0.weight", "features.0.weight"} <= set(state)


def test_a_picture_is_scaled_to_the_size_that_the_network_wants_and_one_channel_is_all_three():
    picture = arch.build(arch.Params(name="mobilenet_v3_small"), (1, 128, 39), 10).body[0]
    grey = pictures(1, 128, 39)
    assert picture(grey).shape == (2, 3, 224, 224)
    torch.testing.assert_close(picture(grey), picture(grey.expand(-1, 3, -1, -1)))
    low = torch.zeros(1, 1, 224, 224)
    low[:, :, 0] = 1.0
    assert picture(low)[0, 0, -1, 0] > picture(low)[0, 0, 0, 0]  # the lowest bin is the bottom row
    kept = arch.build(arch.Params(name="mobilenet_v3_small", size="as_is"), (1, 128, 39), 10).body[0]
    assert kept(grey).shape == (2, 3, 128, 39)


def test_an_unknown_network_is_refused_with_the_nearest_name():
    assert "did you mean 'resnet18'" in params.parse("x", {"name": "resnet19"}, arch.Params)[1][0]
    assert "there are: alexnet" in params.parse("x", {"name": "?"}, arch.Params)[1][0]
    assert "takes pictures of one size" in params.parse("x", {"name": "vit_b_16", "size": "as_is"}, arch.Params)[1][0]
    told = params.parse("x", {"name": "vit_b_32", "size": 240}, arch.Params)[1]
    assert told == ["x: size is 240, but vit_b_32 has patches of 32; give a multiple of 32"]
    assert not params.parse("x", {"name": "vit_b_16", "size": 240}, arch.Params)[1]


def test_a_size_that_comes_to_nothing_is_refused():
    with pytest.raises(ValueError, match=r"squeezenet1_1 cannot take pictures of 8 × 8 .*set another size"):
        arch.build(arch.Params(name="squeezenet1_1", size=8), (1, 64, 64), 10)
    with pytest.raises(ValueError, match=r"cannot take pictures of 8 × 9"):
        arch.build(arch.Params(name="squeezenet1_1", size="as_is"), (1, 8, 9), 10)
    with pytest.raises(ValueError, match="1 or 3 channels"):
        arch.build(arch.Params(), (2, 64, 64), 10)
