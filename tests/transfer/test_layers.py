"""Layers of any network side by side in an embedding: blocks of the body, or what a transformer's layers make."""

import json
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
import torch
from support.easy_task import stage
from support.transfer_task import NET, TRAIN, embedded, write_params
from torch import nn

from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.embedding import layered

needs_library = pytest.mark.skipif(
    not find_spec("transformers"), reason='needs the optional packages: pip install "dalsegno[transformers]"'
)
WAVE = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "conv_dim": [16, 16],
    "conv_stride": [5, 2], "conv_kernel": [10, 3], "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}  # fmt: skip
AST = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "max_length": 64}
TALL = (1, 64, 64)
NETWORKS = {  # arch, model, input shape, how many layers there are
    "conv": ({"channels": [4, 8], "dense": [6]}, TALL, 3),
    "lenet": ({}, TALL, 4),
    "vgg": ({"channels": [4, 8], "dense": 6}, TALL, 3),
    "resnet": ({"width": 4, "depth": [1, 1]}, TALL, 3),
    "bbnn": ({"channels": 4, "blocks": 2}, TALL, 5),
    "bandnet": ({"channels": [4, 8, 8]}, TALL, 4),
    "modnet": ({"width": 8}, TALL, 3),
    "efficientat": ({"width": 0.1}, TALL, 17),
    "efficientnet_lite": ({}, TALL, 9),
    "wave1d": ({"channels": [4, 4, 4]}, (1, 400), 5),
    "torchvision": (NET, TALL, 9),
}


def built(arch, model, shape):
    module = params.component("dalsegno.models", arch)
    p, problems = params.parse("model", model, module.Params)
    assert not problems
    torch.manual_seed(0)
    return p, module.build(p, shape, 3).eval(), torch.rand(2, *shape)


@pytest.mark.parametrize("arch", NETWORKS)
def test_blocks_are_pooled_to_vectors_that_end_in_the_embedding(arch):
    model, shape, n = NETWORKS[arch]
    p, net, x = built(arch, model, shape)
    asked = (*range(1, n + 1), "embedding")
    network = layered.backbone(nn.Identity(), net.body, asked).eval()
    found = layered.widths(arch, p, network, x, asked)
    assert list(found) == [*(f"layer {i}" for i in range(1, n + 1)), "embedding"]
    with torch.inference_mode():
        parts = dict(zip(asked, network(x).split(list(found.values()), 1), strict=True))
        torch.testing.assert_close(parts["embedding"], net.body(x))
        for until in range(1, len(net.body) + 1):  # of each block by hand
            block, y = net.body[until - 1], net.body[:until](x)
            if y.ndim > 2 and any(True for _ in block.parameters()):
                number = sum(any(True for _ in b.parameters()) for b in net.body[:until])
                places = tuple(range(2, y.ndim))
                torch.testing.assert_close(parts[number], torch.cat([y.mean(places), y.amax(places)], 1))
        with pytest.raises(UserError, match=rf"no layer {n + 1}; it has 1 to {n}, and 'embedding'"):
            layered.widths(arch, p, network, x, (1, n + 1))


@needs_library
@pytest.mark.parametrize(
    ("kind", "config", "shape"), [("hubert", WAVE, (1, 1600)), ("audio-spectrogram-transformer", AST, (1, 128, 64))]
)
def test_layers_of_a_transformer_are_the_means_of_its_hidden_states(kind, config, shape):
    p, net, x = built("transformers", {"type": kind, "config": config}, shape)
    asked = (2, 0, "embedding", 1)
    network = layered.backbone(nn.Identity(), net.body, asked).eval()
    assert layered.widths("transformers", p, network, x, asked) == dict.fromkeys(
        ["layer 2", "layer 0", "embedding", "layer 1"], 32
    )
    with torch.inference_mode():
        states = net.body[1].network(net.body[0](x), output_hidden_states=True).hidden_states
        expected = [states[2].mean(1), states[0].mean(1), net.body(x), states[1].mean(1)]
        torch.testing.assert_close(network(x), torch.cat(expected, 1))
        with pytest.raises(UserError, match=r"transformers with this model has no layer 3; it has 0 to 2"):
            layered.widths("transformers", p, network, x, (3, 0))


def test_a_head_weighs_the_blocks_of_a_convolutional_network(here):
    e = embedded(layers=[1, 2, "embedding"])
    meta = json.loads(Path("e/meta.json").read_text())
    assert meta["layers"] == {"layer 1": 8, "layer 2": 16, "embedding": 6}
    assert e.filter(regex="^e_").shape[1] == 30
    backbone = torch.load("e/backbone.pt", weights_only=True)
    assert backbone["layers"] == [1, 2, "embedding"]
    entry = {"input": "embeddings/x", "arch": "conv", "weights": "ours/model.pt", "train": TRAIN}
    write_params(transfer={"x": entry | {"head": {"layers": "weighted"}}})
    stage("transfer")("x", "e", "splits.csv", "run", "metrics")
    weights = pd.read_csv("run/layer_weights.csv")
    assert list(weights["layer"]) == ["layer 1", "layer 2", "embedding"]
    assert weights["weight"].sum() == pytest.approx(1, abs=1e-3)


def test_the_last_layer_alone_is_as_without_a_choice(here):
    plain, last = embedded(), embedded(layers=["embedding"])
    pd.testing.assert_frame_equal(plain, last)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": [1, 9]}, "embeddings.x: layers: conv with this model has no layer 9; it has 1 to 3"),
        ({"layers": [0]}, "has no layer 0"),
        ({"layers": ["last"]}, "layers"),
        ({"layers": []}, "layers"),
        ({"layers": [1, 1]}, r"layers is \[1, 1\], which names a layer twice"),
    ],
)
def test_layers_that_are_not_there_are_refused(here, changes, message):
    with pytest.raises(UserError, match=message):
        embedded(**changes)


def test_what_has_no_layers_to_choose_says_so():
    p, net, x = built("musicnn", {}, (1, 96, 187))
    network = layered.backbone(nn.Identity(), net.body, (1,))
    with pytest.raises(UserError, match=r"musicnn has names for its layers; write them in model\.layers"):
        layered.widths("musicnn", p, network, x, (1,))
    with pytest.raises(UserError, match="of no use where arch is 'encoder', whose embedding is one layer"):
        layered.widths("encoder", None, nn.Identity(), x, (1,))
    p, net, x = built("torchvision", {"name": "vit_b_32", "size": 32}, TALL)
    network = layered.backbone(nn.Identity(), net.body, (1,))
    with pytest.raises(UserError, match="hold tokens, which are not pooled"):
        layered.widths("torchvision", p, network, x, (1,))
