"""The penalty that training starts with, for every entry of a recipe that has one, against sums by hand.

A penalty on too few layers trains without a complaint; its size tells.
"""

from pathlib import Path

import numpy as np
import pytest

from dalsegno.families import mlp
from dalsegno.families.convolutional import cnn
from dalsegno.pipeline import params
from dalsegno.training import train
from dalsegno.training.objective import losses
from dalsegno.transfer.adapting import entry as transfer

RECIPES = Path(__file__).parents[2] / "recipes"
FAMILIES = {"mlp": mlp.Params, "cnn": cnn.Params, "transfer": transfer.Params}
SHAPES = {"mlp": (200,), "cnn": (1, 2048), "transfer": (512,)}  # features; 3.2 s of waveform, pooled; an embedding
LISTED = {  # the layers that the document penalises, by name, and the penalty that their initial weights are drawn to have
    "nsynth_2022_waveform cnn.network2": (["body.0.0", "body.1.0", "body.2.0"], 2.333),
    "nsynth_2022_waveform cnn.bonus": (["body.0.0", "body.1.0", "body.2.0"], 0.2333),
    "unm_assignment mlp.penalties": (["body.0.0", "body.1.0", "head"], 0.0420),
    "transfer_pictures transfer.frozen": (["1"], 0.05),
    "gtzan_pictures transfer.squeezenet": (["1"], 0.05),
}


def penalised():
    """Every entry of every recipe whose training has a penalty, by recipe and path."""
    for path in RECIPES.glob("*.yaml"):
        doc = params.document(path)
        for family in ("mlp", "cnn", "transfer", "pretrain"):
            for key, entry in doc[family].items():
                if entry["train"].get("l1") or entry["train"].get("l2"):
                    yield f"{path.stem} {family}.{key}", entry


def kernels_by_hand(state, layers, l1, l2):
    """l1 · Σ|w| + l2 · Σw² over the weights of `layers`, in NumPy."""
    weights = [state[f"{layer}.weight"].double().numpy() for layer in layers]
    return sum(l1 * np.abs(w).sum() + l2 * np.square(w).sum() for w in weights)


def network(p, shape):
    """What is trained: the network, or the head on embeddings."""
    if isinstance(p, transfer.Frozen):
        return p.head.build(*shape, 10)
    return params.component("dalsegno.models", p.arch).build(p.model, shape, 10)


def test_every_penalised_entry_is_listed():
    assert {name for name, _ in penalised()} == set(LISTED)


@pytest.mark.parametrize("name", LISTED)
def test_a_penalty_is_on_the_layers_of_the_document(name):
    entry, (layers, expected) = dict(penalised())[name], LISTED[name]
    family = name.split()[1].split(".")[0]
    p, problems = params.parse(name, entry, FAMILIES[family])
    assert not problems
    train.seed_everything(0)
    model = network(p, SHAPES[family])
    found = losses.penalty(model, p.train).item()
    assert found == pytest.approx(kernels_by_hand(model.state_dict(), layers, p.train.l1, p.train.l2), rel=1e-5)
    assert found == pytest.approx(expected, rel=0.02)
