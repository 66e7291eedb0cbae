"""The reader of TensorFlow's checkpoints, on files from a writer of our own and on every way to damage them."""

import struct

import numpy as np
import pytest
from support import tf_checkpoints

from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.wheels import leveldb_table, tf_checkpoint

RNG = np.random.default_rng(0)
ARRAYS = {
    "a/kernel": RNG.normal(size=(2, 3, 1, 4)).astype(np.float32),
    "a/kernel/Adam": RNG.normal(size=(2, 3, 1, 4)).astype(np.float32),
    "a/kernel/Adam_1": np.zeros((2, 3, 1, 4), np.float32),
    "b/double": RNG.normal(size=5),
    "b/half": np.array([1.5, 65504], np.float16),
    "b/step": np.array(-7, np.int64),
    "c/empty": np.zeros((0, 3), np.float32),
    "c/mask": np.array([True, False]),
    "größe": np.arange(300, dtype=np.int32),
}


def read(index, data, keep=lambda name: True):
    return tf_checkpoint.read(index, data, "folder/x", keep)


def same(some, others):
    return some.keys() == others.keys() and all(
        some[k].dtype == others[k].dtype and np.array_equal(some[k], others[k]) for k in some
    )


def test_tensors_of_every_kind_come_back():
    assert same(read(*tf_checkpoints.files(ARRAYS)), ARRAYS)


def test_only_what_is_asked_for_is_read():
    index, data = tf_checkpoints.files(ARRAYS)
    damaged = data.replace(ARRAYS["b/double"].tobytes(), bytes(40))
    assert list(read(index, damaged, lambda name: name.startswith("a/"))) == [
        "a/kernel",
        "a/kernel/Adam",
        "a/kernel/Adam_1",
    ]
    with pytest.raises(UserError, match=r"folder/x.data-00000-of-00001: damaged: the checksum of b/double"):
        read(index, damaged)


@pytest.mark.parametrize(
    ("data", "crc"),  # RFC 3720, appendix B.4
    [(bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E), (b"123456789", 0xE3069283)],
)
def test_checksums_are_those_of_the_standard_masked_as_leveldb_does(data, crc):
    assert leveldb_table.crc32c(data) == ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


def test_an_index_cut_anywhere_is_refused_by_name():
    index, data = tf_checkpoints.files(ARRAYS)
    for n in range(len(index)):
        with pytest.raises(UserError, match=r"^folder/x\.index: "):
            read(index[:n], data)


def test_no_wrong_byte_of_the_index_goes_unnoticed():
    """Only those that pad the footer may be anything."""
    index, data = tf_checkpoints.files(ARRAYS)
    accepted = []
    for i in range(len(index)):
        wrong = bytearray(index)
        wrong[i] ^= 0x41
        try:
            assert same(read(bytes(wrong), data), ARRAYS)
            accepted.append(i)
        except UserError as error:
            assert str(error).startswith("folder/x.index: ")
    assert all(i >= len(index) - 48 for i in accepted) and len(accepted) < 40


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"\0", lambda d: b""], ids=["cut", "long", "empty"])
def test_data_of_another_length_are_refused(change):
    index, data = tf_checkpoints.files(ARRAYS)
    with pytest.raises(UserError, match=r"data-00000-of-00001: cut short or of another checkpoint: .* should have "):
        read(index, change(data))


@pytest.mark.parametrize("foreign", [b"", b"PK\3\4" * 50, b"RIFF" + bytes(100), bytes(48)], ids=str)
def test_foreign_files_are_refused(foreign):
    with pytest.raises(UserError, match=r"x\.index: not an index of a TensorFlow checkpoint"):
        read(foreign, b"")


def index_of(**says):
    """An index of one tensor (2, 3) of floats that says something else of it."""
    return tf_checkpoints.files({"w": np.ones((2, 3), np.float32)}, **says)


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ({"n_bytes": 20}, r"w has 20 bytes, but its shape \(2, 3\) takes 24"),
        ({"shape": (2, 4)}, r"w has 24 bytes, but its shape \(2, 4\) takes 32"),
        ({"shape": (2**40, 3)}, "a dimension of w is not a size"),
        ({"shape": (2**64 - 1, 3)}, "a dimension of w is not a size"),
        ({"offset": 4}, "24 bytes, and should have 28"),
        ({"offset": 2**63}, "24 bytes, and should have"),
        ({"dtype": 7}, "w is of type 7"),
        ({"shard": 1}, "w lies in several pieces"),
        ({"crc32c": 1}, "the checksum of w, at byte 0, is wrong"),
        ({"head": tf_checkpoints.header(n_shards=2)}, "2 files of data, little-endian"),
        ({"head": tf_checkpoints.header(byte_order=1)}, "1 files of data, big-endian"),
        ({"head": tf_checkpoints.header(producer=3, oldest_reader=2)}, "of version 3 of the format"),
        ({"head": b"\xff" * 11}, "a number takes more than 64 bits"),
        ({"head": b"\x0a\x50abc"}, "80 bytes are announced and 3 are left"),
    ],
)
def test_an_index_that_is_whole_but_says_what_cannot_be_is_refused(says, message):
    with pytest.raises(UserError, match=rf"^folder/x\.(index|data-00000-of-00001): .*{message}"):
        read(*index_of(**says))


def test_tables_that_are_no_checkpoint_are_refused():
    header, tensor = (b"", tf_checkpoints.header()), (b"w", tf_checkpoints.entry(np.ones(1, np.float32), 0))
    for table, message in (
        (tf_checkpoints.table([tensor]), "a table without a header"),
        (tf_checkpoints.table([header, tensor, tensor]), "the key b'w' is not in order"),
        (tf_checkpoints.table([header, (b"\xff", tensor[1])]), "is not the name of a tensor"),
        (tf_checkpoints.table([header, tensor], compression=1), "is compressed"),
    ):
        with pytest.raises(UserError, match=rf"^x: .*{message}"):
            tf_checkpoint.entries(table, "x")


def test_a_block_that_its_restart_points_do_not_fit_in_is_refused():
    content = struct.pack("<I", 9)
    guarded = content + b"\0"
    block = guarded + struct.pack("<I", leveldb_table.crc32c(guarded))
    handle = bytes([0, len(content)])
    footer = (handle + handle).ljust(40, b"\0") + struct.pack("<Q", leveldb_table.MAGIC)
    with pytest.raises(UserError, match="damaged at byte 0: 9 restart points do not fit in a block of 4 bytes"):
        leveldb_table.read(block + footer, "x")
