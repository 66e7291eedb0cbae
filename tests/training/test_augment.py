"""Augmentation: off by default, on as asked, decided by the generator alone."""

import re

import pytest
import torch

from dalsegno.pipeline import errors, params
from dalsegno.training.views import augment
from dalsegno.training.views.augment import Params, Scale

ALL_ON = {
    "gain_db": 6.0,
    "equaliser_db": 6.0,
    "contrast_share": 0.3,
    "time_shift_share": 0.5,
    "rotation_degrees": 15.0,
    "noise_std": 0.2,
    "time_masks": 2,
    "time_mask_share": 0.2,
    "frequency_masks": 2,
    "frequency_mask_share": 0.2,
    "mixup_alpha": 0.4,
}
EACH = [{k: v for k, v in ALL_ON.items() if k in (name, f"{name[:-1]}_share")} for name in augment.TAKEN_BY]
EACH += [{"noise_std": 0.2}, {"mixup_alpha": 0.4}]


def generator(seed=0, device="cpu"):
    return torch.Generator(device).manual_seed(seed)


def pictures(n=6, bins=32, frames=40, channels=1):
    """dB values, every sample different."""
    return torch.randn(n, channels, bins, frames, generator=generator(9)) * 10 - 40


def labels(n=6, n_labels=4):
    return torch.nn.functional.one_hot(torch.arange(n) % n_labels, n_labels).float()


IN_DB = Scale(db_per_unit=1.0)


def run(x, seed=0, y=None, scale=IN_DB, **settings):
    y = labels(len(x)) if y is None else y
    return augment.augment(x, y, Params(**settings), generator(seed, x.device), scale)


def test_nothing_is_done_unless_asked():
    x, y = pictures(), labels()
    same_x, same_y = augment.augment(x, y, Params(), generator(), Scale())
    assert same_x is x and same_y is y


@pytest.mark.parametrize("settings", [*EACH, ALL_ON], ids=lambda s: "all" if len(s) > 2 else next(iter(s)))
@pytest.mark.parametrize("n", [1, 6])
def test_shapes_type_and_the_sum_of_labels_stay_and_the_batch_given_is_left_alone(settings, n):
    x, y = pictures(n, channels=2), labels(n)
    x_before, y_before = x.clone(), y.clone()
    new_x, new_y = run(x, y=y, **settings)
    assert new_x.shape == x.shape and new_x.dtype == x.dtype and torch.isfinite(new_x).all()
    torch.testing.assert_close(new_y.sum(1), torch.ones(n))
    assert torch.equal(x, x_before) and torch.equal(y, y_before)
    if "mixup_alpha" not in settings:
        assert torch.equal(new_y, y)
    if n > 1:
        assert not torch.equal(new_x, x)


@pytest.mark.parametrize("settings", [*EACH, ALL_ON], ids=lambda s: "all" if len(s) > 2 else next(iter(s)))
def test_the_generator_decides_everything(settings):
    x = pictures()
    torch.manual_seed(1)
    first = run(x, seed=3, **settings)
    torch.manual_seed(2)
    again, other = run(x, seed=3, **settings), run(x, seed=4, **settings)
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_gain_adds_decibels_to_a_spectrogram_and_scales_a_waveform():
    x = pictures(50)
    added = (run(x, gain_db=6.0)[0] - x).flatten(1)
    torch.testing.assert_close(added, added[:, :1].expand_as(added), rtol=1e-4, atol=1e-4)  # one draw a sample
    assert added.min() >= -6.001 and added.max() <= 6.001 and added[:, 0].std() > 2
    wave = torch.ones(50, 1, 100)
    factor = run(wave, gain_db=6.0)[0][:, 0, 0]
    assert 10 ** (-6 / 20) <= factor.min() < 0.8 and 1.3 < factor.max() <= 10 ** (6 / 20)


def test_the_equaliser_adds_a_curve_of_its_own_to_all_frames_of_a_sample():
    x = pictures(200, bins=33)
    added = run(x, equaliser_db=6.0)[0] - x
    torch.testing.assert_close(added, added[..., :1].expand_as(added), rtol=1e-4, atol=1e-4)
    curve = added[:, 0, :, 0]
    assert curve.abs().max() <= 6.001 and (curve[:, ::8].std(0) > 2.5).all()
    bend = curve[:, 2:] - 2 * curve[:, 1:-1] + curve[:, :-2]
    straight = torch.ones(31, dtype=torch.bool)
    straight[7::8] = False  # but where the lines meet
    assert bend[:, straight].abs().max() < 1e-3
    shares = torch.corrcoef(curve[:, [0, 8, 16, 24, 32]].T) - torch.eye(5)
    assert shares.abs().max() < 0.3  # the heights know nothing of each other


def test_contrast_stretches_a_sample_about_its_mean():
    x = pictures(100)
    changed = run(x, contrast_share=0.3)[0]
    torch.testing.assert_close(changed.mean((1, 2, 3)), x.mean((1, 2, 3)), rtol=0, atol=1e-3)
    factor = changed.std((1, 2, 3)) / x.std((1, 2, 3))
    assert 0.699 <= factor.min() < 0.75 and 1.25 < factor.max() <= 1.301


@pytest.mark.parametrize("shape", [(1, 3, 40), (1, 40)])
def test_time_shift_moves_each_sample_round_by_its_own_distance(shape):
    ramp = torch.arange(40.0).expand(30, *shape)
    moved = run(ramp, time_shift_share=0.25)[0]
    assert torch.equal(moved.sort(-1).values, ramp)
    by = (moved[..., 0].reshape(30, -1)[:, 0].neg() + 20) % 40 - 20
    assert by.abs().max() <= 10 and len(by.unique()) > 5
    assert torch.equal((moved[..., 1:] - moved[..., :-1]) % 40, torch.ones(30, *shape[:-1], 39))


def test_rotation_turns_the_picture_and_fills_corners_with_its_lowest_value():
    x = torch.full((20, 1, 64, 128), -80.0)
    x[:, :, 30:34] = 0.0  # a level bar
    turned = run(x, rotation_degrees=15.0)[0]
    assert turned.min() >= -80.01 and turned.max() <= 0.01
    height = torch.arange(64.0)
    bar = turned[:, 0] + 80
    left, right = (
        (bar[:, :, c] * height[:, None]).sum(1) / bar[:, :, c].sum(1) for c in (slice(32, 40), slice(88, 96))
    )
    slope = ((right - left) / 56).mean(1)  # rise in bins a frame: the tangent of the angle, whatever the sides are
    angle = torch.rad2deg(torch.atan(slope))
    assert angle.abs().max() <= 15.5 and angle.std() > 4
    lowest = run(torch.rand(4, 1, 64, 128) + 5, rotation_degrees=45.0)[0]
    assert lowest.min() >= 5


def test_a_turn_keeps_shapes_in_pictures_that_are_not_square():
    x = torch.zeros(40, 1, 41, 121)
    x[:, :, 20 - 10 : 20 + 11, 60 - 10 : 60 + 11] = 1.0
    area = run(x, rotation_degrees=90.0)[0].sum((1, 2, 3))
    torch.testing.assert_close(area, torch.full((40,), 21.0**2), rtol=0.02, atol=0)


def test_noise_is_measured_by_the_sample_itself():
    x = torch.randn(40, 1, 32, 40, generator=generator(9)) * torch.linspace(0.1, 10, 40).view(-1, 1, 1, 1)
    added = (run(x, noise_std=0.5)[0] - x).std((1, 2, 3)) / x.std((1, 2, 3))
    assert added.max() <= 0.53 and added.min() < 0.1 and added.max() > 0.4
    assert added.std() > 0.1  # a level of its own for each sample


@pytest.mark.parametrize(("name", "axis"), [("time", -1), ("frequency", -2)])
def test_masks_put_the_mean_over_whole_stretches_of_their_axis(name, axis):
    x = pictures(200)
    n = x.shape[axis]
    masked = run(x, **{f"{name}_masks": 1, f"{name}_mask_share": 0.25})[0]
    mean = x.mean((0, 3), keepdim=True).expand_as(x)
    wiped = (masked == mean).transpose(axis, -1)
    assert torch.equal(wiped.all(2), wiped.any(2))  # across the whole of the other axis
    assert torch.equal(torch.where(masked == mean, x, masked), x)  # and nothing else is touched
    stretches = wiped[:, 0, 0]
    width = stretches.sum(1)
    assert width.min() == 0 and width.max() == round(0.25 * n)
    edges = (stretches[:, 1:] != stretches[:, :-1]).sum(1)
    assert edges.max() <= 2  # one stretch
    assert stretches.any(0).all()  # that may lie anywhere


def test_more_masks_wipe_more_and_none_wipe_nothing():
    x = pictures(100)
    shares = [(run(x, time_masks=k, time_mask_share=0.2)[0] != x).float().mean() for k in (0, 1, 4)]
    assert shares[0] == 0 and 0.05 < shares[1] < 0.15 and shares[2] > 2 * shares[1]


def test_waveforms_take_time_masks():
    x = torch.randn(20, 1, 500, generator=generator(9))
    assert 0 < (run(x, time_masks=1, time_mask_share=0.2)[0] != x).sum((1, 2)).max() <= 100


def test_mixup_mixes_labels_as_it_mixes_inputs():
    n = 64
    x = torch.eye(n)
    mixed, y = run(x, y=torch.eye(n), mixup_alpha=0.4)
    torch.testing.assert_close(mixed, y)
    torch.testing.assert_close(mixed.sum(1), torch.ones(n))
    assert ((mixed > 0).sum(1) <= 2).all() and ((mixed > 0).sum(1) == 2).sum() > n / 2
    assert len(mixed.diagonal().unique()) > n / 2  # a share of its own for each sample


@pytest.mark.parametrize(("alpha", "variance"), [(0.01, 0.2451), (0.2, 0.1786), (1.0, 0.0833), (8.0, 0.0147)])
def test_mixup_shares_are_beta_distributed(alpha, variance):
    n = 4000
    x = torch.cat([torch.ones(n, 1), torch.zeros(n, 1)])
    y = torch.cat([x, 1 - x], 1)
    share = run(x, y=y, mixup_alpha=alpha)[0][:n, 0]  # 1 where the other one is a one as well
    mixed = share[share < 1]
    assert abs(mixed.mean() - 0.5) < 0.03
    assert abs(mixed.var() - variance) < 0.01


@pytest.mark.parametrize(
    ("ndim", "name"),
    [
        (2, "frequency_masks"),
        (2, "time_masks"),
        (2, "gain_db"),
        (3, "frequency_masks"),
        (3, "rotation_degrees"),
        (3, "equaliser_db"),
        (3, "contrast_share"),
    ],
)
def test_what_the_data_cannot_take_is_refused_by_name(ndim, name):
    p = Params(**{name: 1 if name.endswith("masks") else 1.0})
    with pytest.raises(errors.UserError, match=rf"{name}.*mixup_alpha") as refused:
        augment.check(p, [4] * (ndim - 1), Scale())
    assert ("tables" if ndim == 2 else "waveforms") in str(refused.value)
    with pytest.raises(errors.UserError):
        augment.augment(torch.zeros(2, *[4] * (ndim - 1)), labels(2), p, generator(), Scale())


def test_what_the_data_can_take_is_not_refused():
    augment.check(Params(**ALL_ON), (1, 64, 100), Scale(db_per_unit=1.0))
    augment.check(Params(noise_std=0.1, mixup_alpha=0.2), (6,), Scale())
    augment.check(Params(gain_db=3.0, time_shift_share=0.1, time_masks=1), (1, 500), Scale())


@pytest.mark.parametrize("name", ["gain_db", "equaliser_db"])
def test_a_gain_is_divided_by_the_decibels_in_a_unit_of_the_store(name):
    x = torch.zeros(200, 1, 33, 20)
    plain = run(x, **{name: 6.0})[0]
    assert 5.5 < plain.abs().max() <= 6.001
    torch.testing.assert_close(run(x, scale=Scale(db_per_unit=20.0), **{name: 6.0})[0], plain / 20)
    each = run(x.expand(-1, 2, -1, -1), scale=Scale(db_per_unit=[1.0, 40.0]), **{name: 6.0})[0]
    torch.testing.assert_close(each, torch.cat([plain, plain / 40], 1))


@pytest.mark.parametrize(
    ("db_per_unit", "refused"),
    [(None, ["gain_db", "equaliser_db"]), ([1.0, None], ["gain_db", "equaliser_db", "contrast_share"])],
)
def test_what_changes_levels_is_refused_where_a_unit_is_no_number_of_decibels(db_per_unit, refused):
    for name in ("gain_db", "equaliser_db", "contrast_share"):
        p, scale = Params(**{name: 0.5}), Scale(db_per_unit=db_per_unit)
        if name in refused:
            with pytest.raises(errors.UserError, match=rf"augment\.{name} cannot be applied .*db_per_unit"):
                augment.check(p, (2, 8, 9), scale)
        else:
            augment.check(p, (2, 8, 9), scale)
    augment.check(Params(gain_db=6.0), (1, 500), Scale())  # a waveform is multiplied, whatever its unit


def unlike_channels(n=200):
    """Decibels in one channel, radians in the other."""
    db, radians = pictures(n), torch.rand(n, 1, 32, 40, generator=generator(8)) * 6 - 3
    return torch.cat([db, radians], 1)


def test_noise_contrast_and_corners_are_each_channels_own():
    x = unlike_channels()
    for settings in ({"noise_std": 0.5}, {"contrast_share": 0.3}):
        each = [run(x[:, [i]], **settings)[0] for i in (0, 1)]
        together = run(x, **settings)[0]
        for i in (0, 1):
            share = ((together - x)[:, i].std((1, 2)) / x[:, i].std((1, 2))).mean()
            alone = ((each[i] - x[:, [i]]).std((1, 2, 3)) / x[:, i].std((1, 2))).mean()
            assert share.item() == pytest.approx(alone.item(), rel=0.05)
    turned = run(x, rotation_degrees=45.0)[0]
    assert (turned.amin((2, 3)) >= x.amin((2, 3)) - 1e-4).all() and (turned.amax((2, 3)) <= x.amax((2, 3)) + 1e-4).all()


def test_noise_on_a_table_is_measured_by_each_feature_in_training():
    std = torch.tensor([1e-3, 1.0, 1e4, 0.0])
    x = torch.randn(4000, 4, generator=generator(9)) * std
    added = (run(x, noise_std=0.5, scale=Scale(std=std))[0] - x).std(0)
    expected = 0.5 / 3**0.5  # of a level drawn evenly from 0 to 0.5
    torch.testing.assert_close(added, expected * std, rtol=0.05, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"frequency_masks": 1, "frequency_mask_share": 0.03},
            r"frequency_mask_share: 0\.03 of 32 bins .*at least 0\.0313,",
        ),
        ({"time_masks": 2, "time_mask_share": 0.0}, r"time_mask_share: 0 of 40 frames .*set time_masks to 0"),
        ({"time_shift_share": 0.01}, r"time_shift_share: 0\.01 of 40 frames .*at least 0\.0125,"),
    ],
)
def test_what_would_change_nothing_is_refused(settings, says):
    with pytest.raises(errors.UserError, match=says):
        augment.check(Params(**settings), (1, 32, 40), Scale(db_per_unit=1.0))
    enough = {name: 2 * value or 1 / 40 for name, value in settings.items() if name.endswith("share")}
    augment.check(Params(**settings | enough), (1, 32, 40), Scale(db_per_unit=1.0))


@pytest.mark.parametrize("n", [2, 3, 7, 30, 49, 64, 130, 300, 431, 51_200])
@pytest.mark.parametrize("of", ["frequency_mask", "time_mask", "time_shift"])
def test_the_least_share_that_is_told_is_enough(of, n):
    settings = {f"{of}_share": 1e-9} | ({f"{of}s": 1} if of.endswith("mask") else {})
    with pytest.raises(errors.UserError) as refused:
        augment.check(Params(**settings), (1, n, n), Scale(db_per_unit=1.0))
    least = float(re.search(r"at least (\S+),", str(refused.value))[1])
    augment.check(Params(**settings | {f"{of}_share": least}), (1, n, n), Scale(db_per_unit=1.0))


@pytest.mark.parametrize("alpha", [1e-40, 1e-10, 1e-3, 0.0099])
def test_next_to_no_mixup_is_none_and_no_half(alpha):
    x = pictures(100)
    torch.testing.assert_close(run(x, mixup_alpha=alpha)[0], x)


def test_the_greatest_gain_leaves_numbers():
    x = torch.rand(100, 1, 50, generator=generator(3)) * 2 - 1
    p, problems = params.parse("cnn.x.augment", {"gain_db": 200.0}, Params)
    assert p and not problems and torch.isfinite(run(x, gain_db=p.gain_db)[0]).all()
    assert params.parse("cnn.x.augment", {"gain_db": 201.0}, Params)[1]


def test_parameters_out_of_range_are_refused():
    for wrong in (
        {"time_mask_share": 1.5},
        {"time_masks": -1},
        {"gain_db": -3},
        {"mixup_alpha": "0.2"},
        {"mixup_alpha": 1e300},
    ):
        assert params.parse("cnn.x.augment", wrong, Params)[1], wrong
    assert params.parse("cnn.x.augment", ALL_ON, Params)[0] == Params(**ALL_ON)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_same_on_a_gpu():
    x, y = pictures().cuda(), labels().cuda()
    first, again = run(x, y=y, **ALL_ON), run(x, y=y, **ALL_ON)
    assert first[0].is_cuda and torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
