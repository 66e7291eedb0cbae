"""Order, class balance and augmentation of batches."""

from itertools import chain

import pytest
import torch

from dalsegno.pipeline.errors import UserError
from dalsegno.training import batches
from dalsegno.training.source import Source
from dalsegno.training.views import augment

CPU = torch.device("cpu")


class Numbered(Source):
    """A source whose examples are their own numbers."""

    input_shape = (1,)
    scale, streamed = augment.Scale(), False

    def take(self, rows, generator):
        return rows[:, None].float()


def made(n=20, batch_size=6, seed=0, y=None, **more):
    y = torch.arange(n) % 3 if y is None else y
    rest = {"device": CPU, "augmentation": augment.Params()} | more
    return batches.Batches(Numbered(), torch.arange(n) + 100, y, 3, batch_size, seed=seed, **rest)


def numbers(epoch):
    return [x.flatten().long().tolist() for x, _ in epoch]


def test_batches_are_shuffled_anew_each_epoch_and_alike_for_a_seed():
    one, other = made(18), made(18)
    first, second = numbers(one), numbers(one)
    assert (
        first != second and [first, second] == [numbers(other), numbers(other)] and first != numbers(made(18, seed=1))
    )
    for epoch in (first, second):
        assert sorted(chain.from_iterable(epoch)) == list(range(100, 118))  # every example once


def test_labels_go_with_their_examples():
    for x, y in made(18):
        assert torch.equal(y.argmax(1), (x.flatten().long() - 100) % 3) and torch.equal(y.sum(1), torch.ones(6))


@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"),
    [(20, 6, [6, 6, 6, 2]), (19, 6, [6, 6, 7]), (4, 6, [4]), (3, 1, [1, 1, 1]), (1, 6, [1])],
)
def test_every_example_is_in_an_epoch_and_none_alone_among_batches(n, batch_size, sizes):
    made_of = made(n, batch_size)
    assert [len(b) for b in numbers(made_of)] == sizes and len(made_of) == len(sizes)
    assert sorted(chain.from_iterable(numbers(made_of))) == list(range(100, 100 + n))


def test_balanced_batches_draw_classes_equally():
    y = torch.tensor([0] * 900 + [1] * 90 + [2] * 10)
    counts = sum(y.sum(0) for _, y in made(1000, 50, y=y, balanced=True))
    assert counts.sum() == 1000 and (counts - 1000 / 3).abs().max() < 60  # four standard deviations
    plain = sum(y.sum(0) for _, y in made(1000, 50, y=y))
    assert plain.tolist() == [900, 90, 10]


def test_augmentation_is_applied_from_the_seed():
    noisy = augment.Params(mixup_alpha=1.0)
    one, two = ([y for _, y in made(18, augmentation=noisy, seed=s)] for s in (0, 0))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert any(((y > 0) & (y < 1)).any() for y in one)  # mixed labels


def test_what_is_made_ahead_comes_in_order_and_so_do_its_errors():
    def items():
        yield from range(5)
        raise OSError("torn")

    came = []
    with pytest.raises(OSError, match="torn"):
        for item in batches.prefetched(items()):
            came.append(item)
    assert came == list(range(5)) and list(batches.prefetched(iter([]))) == []


def test_what_the_data_cannot_take_is_refused_before_training():
    class Phases(Numbered):
        input_shape, scale = (2, 8, 9), augment.Scale(db_per_unit=[1.0, None])

    for p in (augment.Params(equaliser_db=3.0), augment.Params(frequency_masks=1)):
        with pytest.raises(
            UserError, match=r"augment\.(equaliser_db cannot be applied|frequency_mask_share: 0\.1 of 8 bins)"
        ):
            batches.Batches(Phases(), torch.arange(4), torch.arange(4) % 2, 2, 2, seed=0, device=CPU, augmentation=p)
