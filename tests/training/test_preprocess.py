"""Preprocessing: scales, sizes and channels."""

import librosa
import matplotlib
import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from dalsegno.training.views import preprocess


def test_standardise_by_the_training_part_and_constants_stay_at_zero():
    x = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    done = preprocess.Standardise(x.mean(0), x.std(0, correction=0))(x)
    assert done.tolist() == [[-1, 0], [1, 0]]


@pytest.mark.parametrize("shape", [(4, 1, 6, 9), (4, 1, 30)])
def test_each_clip_by_its_own_figures(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 7 + torch.arange(4).view(
        -1, *[1] * (len(shape) - 1)
    )
    own = preprocess.PerClip("clip")(x).flatten(1)
    assert torch.allclose(own.mean(1), torch.zeros(4), atol=1e-6)
    assert torch.allclose(own.std(1, correction=0), torch.ones(4), atol=1e-5)
    unit = preprocess.PerClip("minmax")(x).flatten(1)
    assert (unit.amin(1) == 0).all() and torch.allclose(unit.amax(1), torch.ones(4))
    for kind in ("clip", "minmax"):
        assert preprocess.PerClip(kind)(torch.full(shape, 3.0)).isfinite().all()  # silence


def test_normalisation_of_bins():
    mean, std = torch.tensor([-60.0, -20.0, -80.0]), torch.tensor([10.0, 14.0, 0.0])
    x = mean[:, None] + std[:, None] * torch.randn(50, 1, 3, 400, generator=torch.Generator().manual_seed(0))
    each = preprocess.normalise("bin", mean, std)(x)
    assert torch.allclose(each.mean((0, 1, 3)), torch.zeros(3), atol=0.02)
    assert torch.allclose(each.std((0, 1, 3)), torch.tensor([1.0, 1.0, 0.0]), atol=0.02)
    nearly = preprocess.normalise("bin", mean, torch.tensor([10.0, 14.0, 1e-5]))
    assert nearly.std.flatten().tolist() == pytest.approx([10, 14, 2])  # a quarter of the mean deviation
    whole = preprocess.normalise("dataset", mean, std)(x)
    assert whole.mean().abs() < 0.02 and abs(whole.std() - 1) < 0.02


def test_channels_of_different_meaning_are_normalised_each_by_its_own_figures():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(200, 2, 3, 40, generator=g) * torch.tensor([10.0, 0.1]).view(2, 1, 1) + torch.tensor(
        [-40.0, 1.0]
    ).view(2, 1, 1)
    mean, std = x.mean((0, 3)), x.std((0, 3))
    for kind in ("bin", "dataset", "clip"):
        done = preprocess.spectrograms(kind, mean, std)(x)
        assert torch.allclose(done.mean((0, 2, 3)), torch.zeros(2), atol=0.02)
        assert torch.allclose(done.std((0, 2, 3)), torch.ones(2), atol=0.02)
    done = preprocess.spectrograms("minmax", mean, std)(x)
    assert (done.amin((2, 3)) == 0).all() and torch.allclose(done.amax((2, 3)), torch.ones(200, 2))
    assert torch.equal(preprocess.spectrograms("none", mean, std)(x), x)


def test_resize_averages_what_it_shrinks():
    x = torch.rand(2, 1, 64, 130, generator=torch.Generator().manual_seed(0))
    small = preprocess.Resize((16, 26))(x)
    blocks = x.view(2, 1, 16, 4, 26, 5).mean((3, 5))
    assert small.shape == (2, 1, 16, 26) and np.corrcoef(small.flatten(), blocks.flatten())[0, 1] > 0.8
    assert preprocess.Resize((224, 224))(x).shape == (2, 1, 224, 224)


def test_colours_are_those_of_magma():
    x = torch.linspace(0, 1, 60).view(1, 1, 6, 10)
    rgb = preprocess.spectrograms("minmax", torch.zeros(6), torch.ones(6), channels="colour")(x)
    theirs = matplotlib.colormaps["magma"](x[0, 0].numpy())[:, :, :3]
    assert np.allclose(rgb[0].movedim(0, -1), theirs, atol=1e-6)


def test_deltas_are_librosas():
    x = np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)
    done = preprocess.Deltas()(torch.from_numpy(x)[None, None])[0].numpy()
    first = librosa.feature.delta(x, mode="nearest")
    assert np.allclose(done[0], x) and np.allclose(done[1], first, atol=1e-5)
    assert np.allclose(done[2], librosa.feature.delta(first, mode="nearest"), atol=1e-5)


def test_repeated_channels_are_the_same_and_come_after_the_new_size():
    x = torch.rand(2, 1, 8, 9)
    done = preprocess.spectrograms("none", torch.zeros(8), torch.ones(8), (4, 6), "repeat")(x)
    assert done.shape == (2, 3, 4, 6) and torch.equal(done[:, 0], done[:, 2])


def test_principal_components_keep_the_share_asked_for_and_are_white():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(400, 3, generator=g) @ torch.diag(torch.tensor([3.0, 1.0, 0.1]))
    x = x @ torch.linalg.qr(torch.randn(3, 3, generator=g))[0]
    x = x - x.mean(0)
    for share, n in ((0.85, 1), (0.95, 2), (1.0, 3)):
        done = preprocess.Pca.fitted(x, share)(x)
        assert done.shape == (400, n)
        assert torch.allclose(done.T @ done / 400, torch.eye(n), atol=1e-3)


def test_there_are_no_more_principal_components_than_directions_in_which_the_training_rows_vary():
    x, unseen = torch.randn(2, 40, 60, generator=torch.Generator().manual_seed(0))
    x[:, 1] = 3 * x[:, 0]  # of no direction of its own
    pca = preprocess.Pca.fitted(x[:, :60], 1.0)
    assert pca.axes.shape == (60, 39) and pca(unseen).abs().max() < 10
    assert preprocess.Pca.fitted(x[:, :2], 1.0).axes.shape == (2, 1)
    assert preprocess.Pca.fitted(torch.zeros(5, 3), 1.0)(torch.zeros(1, 3)).tolist() == [[0.0]]


@pytest.mark.parametrize("whiten", [False, True])
def test_principal_components_are_scikit_learns(whiten):
    x = torch.randn(200, 6, generator=torch.Generator().manual_seed(0)) @ torch.randn(6, 6) + 1
    x = preprocess.Standardise(x.mean(0), x.std(0, correction=0))(x)
    theirs = PCA(0.95, whiten=whiten, svd_solver="full").fit_transform(x.double().numpy())
    ours = preprocess.Pca.fitted(x, 0.95, whiten)(x).numpy()
    assert ours.shape == theirs.shape
    assert np.allclose(np.abs(ours), np.abs(theirs), rtol=0.01, atol=1e-3)  # the sign of an axis is open
