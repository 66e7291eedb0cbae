"""Multilayer perceptron on a table of features: any widths, an activation for each layer."""

from collections import OrderedDict
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from torch import nn

from dalsegno.pipeline.params import section

ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
Activation = Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"]
Each = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else (value,))  # one stands for all


@section
class Params:
    """Hidden layers, each linear – (batch norm) – activation – dropout."""

    # neurons of each layer
    widths: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (256, 128)
    activation: Annotated[tuple[Activation, ...], Each] = ("relu",)  # one name for all layers, or one for each
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3  # share of neurons dropped after each hidden layer
    batch_norm: bool = False  # normalise before each activation

    def __post_init__(self) -> None:
        if len(self.activation) not in (1, len(self.widths)):
            raise ValueError(
                f"'activation' names {len(self.activation)} and 'widths' {len(self.widths)} layers; "
                "give one name, or one for each layer"
            )


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map a batch of rows, (batch, feature), to logits, (batch, label).

    Raises ValueError unless input_shape is (n_features,).
    """
    if len(input_shape) != 1:
        raise ValueError(f"mlp takes a table, input shape (features,); got {input_shape}")
    activations = p.activation * len(p.widths) if len(p.activation) == 1 else p.activation
    ins = [input_shape[0], *p.widths[:-1]]
    body = nn.Sequential(*(_layer(p, *layer) for layer in zip(ins, p.widths, activations, strict=True)))
    return nn.Sequential(OrderedDict(body=body, head=nn.Linear(p.widths[-1], n_labels)))


def _layer(p: Params, n_in: int, n_out: int, activation: str) -> nn.Sequential:
    norm = [nn.BatchNorm1d(n_out)] if p.batch_norm else []
    return nn.Sequential(nn.Linear(n_in, n_out), *norm, ACTIVATIONS[activation](), nn.Dropout(p.dropout))
