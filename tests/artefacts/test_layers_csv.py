"""The layers of a network as a table: order, shapes, parameters; blocks where the layers are many."""

import pandas as pd
import torch
from torch import nn

from dalsegno.artefacts.learning import layers_csv


class Twice(nn.Module):
    """Uses one layer twice and a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(5))
        self.last = nn.Linear(4, 3)
        self.first = nn.Sequential(nn.Linear(5, 5), nn.ReLU())
        self.down = nn.Linear(5, 4)

    def forward(self, x):
        return self.last(self.down(self.first(self.first(x * self.scale))))


def test_layers_stand_in_the_order_of_the_data_and_sum_to_the_model():
    found = layers_csv.table(Twice(), torch.zeros(1, 5))
    assert found.to_numpy().tolist() == [
        ["first.0", "Linear", "5", 30],
        ["first.1", "ReLU", "5", 0],
        ["down", "Linear", "4", 24],
        ["last", "Linear", "3", 15],
        ["", "others", "", 5],
    ]


def test_where_one_part_ends_before_another_all_leaves_stand_and_a_frozen_network_before_them_counts():
    model = nn.Sequential(nn.Sequential(nn.Sequential(nn.Linear(4, 3), nn.ReLU())), nn.Linear(3, 2))
    found = layers_csv.table(model, torch.zeros(1, 4), n_before=100)
    assert found["layer"].tolist() == ["", "0.0.0", "0.0.1", "1"]
    assert found.iloc[0].tolist() == ["", "frozen network", "4", 100] and found["parameters"].sum() == 100 + 15 + 8


def test_a_chain_of_single_parts_is_followed_to_its_leaves():
    model = nn.Sequential(nn.Sequential(nn.Sequential(nn.Linear(4, 3))))
    assert layers_csv.table(model, torch.zeros(1, 4))["layer"].tolist() == ["0.0.0"]


def test_a_large_network_is_told_by_its_blocks():
    block = lambda: nn.Sequential(*(nn.Linear(2, 2) for _ in range(10)))
    model = nn.Sequential(*(block() for _ in range(6)))
    found = layers_csv.table(model, torch.zeros(1, 2))
    assert found["layer"].tolist() == list("012345") and (found["parameters"] == 60).all()


def test_shapes_are_those_of_feature_maps_and_what_is_written_is_read_again(tmp_path):
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    found = layers_csv.table(model, torch.zeros(1, 1, 20, 30))
    assert found["output"].tolist() == ["8 × 18 × 28", "8 × 1 × 1", "8", "2"]
    layers_csv.write(tmp_path / "layers.csv", found)
    read = pd.read_csv(tmp_path / "layers.csv", dtype={"layer": str, "output": str})
    assert read.to_numpy().tolist() == found.to_numpy().tolist()


def test_a_model_in_training_keeps_what_it_learnt():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    layers_csv.table(model, torch.randn(1, 3))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_layers_that_are_merely_put_in_a_row_are_called_by_what_they_are():
    stack = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Sequential(nn.Conv2d(2, 2, 1), nn.ReLU()))
    many = nn.Sequential(stack, *(nn.Sequential(nn.Identity(), nn.Dropout()) for _ in range(20)))
    found = layers_csv.table(nn.Sequential(many, nn.Flatten()), torch.zeros(1, 1, 2, 2))
    assert found["type"].tolist() == ["2 × Conv2d, 2 × ReLU", *["Identity, Dropout"] * 20, "Flatten"]
