"""TensorFlow's checkpoints of version 2, read without TensorFlow: `.index` says where in `.data-00000-of-00001` tensors lie.

The index is a LevelDB table of protocol buffers: under the empty key a BundleHeaderProto, under each tensor's name a
BundleEntryProto (tensorflow/core/protobuf/tensor_bundle.proto).
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.wheels import leveldb_table
from dalsegno.transfer.wheels.leveldb_table import Cursor

DTYPES = {  # of tensorflow/core/framework/types.proto, those of plain numbers
    1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8", 10: "?", 17: "<u2", 19: "<f2", 22: "<u4", 23: "<u8",
}  # fmt: skip
VERSION = 1  # of the format
HEADER = {"n_shards": 1, "byte_order": 2, "version": 3}  # numbers of the fields in tensor_bundle.proto
ENTRY = {"dtype": 1, "shape": 2, "shard": 3, "offset": 4, "n_bytes": 5, "crc32c": 6, "slices": 7}

Fields = dict[int, list[int | bytes]]


@dataclass(frozen=True)
class Entry:
    """Where a tensor lies in the data: dtype as NumPy names it, its shape, its first byte, and its checksum."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    n_bytes: int
    crc32c: int


def read(index: bytes, data: bytes, source: str, keep: Callable[[str], bool]) -> dict[str, np.ndarray]:
    """The tensors whose names `keep` accepts, from the content of the two files of a checkpoint.

    source: path of the checkpoint without `.index`, for messages. Raises UserError if one of the files is of another
    kind, cut short or damaged, or if they do not belong together.
    """
    table = entries(index, f"{source}.index")
    end = max((entry.offset + entry.n_bytes for entry in table.values()), default=0)
    source = f"{source}.data-00000-of-00001"
    if end != len(data):
        raise UserError(f"{source}: cut short or of another checkpoint: {len(data):,} bytes, and should have {end:,}")
    return {name: _tensor(entry, data, name, source) for name, entry in table.items() if keep(name)}


def entries(index: bytes, source: str) -> dict[str, Entry]:
    """What an `.index` says of each tensor, by name. Raises UserError if it is no such file, cut short or damaged."""
    table = leveldb_table.read(index, source)
    if b"" not in table:
        raise UserError(f"{source}: not an index of a TensorFlow checkpoint: a table without a header")
    _check_header(_fields(Cursor(table.pop(b""), source)), source)
    return {name: _entry(value, name, source) for name, value in _named(table, source).items()}


def _named(table: dict[bytes, bytes], source: str) -> dict[str, bytes]:
    try:
        return {key.decode(): value for key, value in table.items()}
    except UnicodeDecodeError as error:
        raise UserError(f"{source}: damaged: {error.object!r} is not the name of a tensor") from None


def _check_header(header: Fields, source: str) -> None:
    n_shards, byte_order = _number(header, HEADER["n_shards"]), _number(header, HEADER["byte_order"])
    version = _fields(Cursor(_message(header, HEADER["version"]), source))
    producer, oldest_reader = _number(version, 1), _number(version, 2)
    if oldest_reader > VERSION or producer < 1:
        raise UserError(f"{source}: of version {producer} of the format; version {VERSION} can be read")
    if n_shards != 1 or byte_order != 0:
        order = "big" if byte_order else "little"
        raise UserError(f"{source}: {n_shards} files of data, {order}-endian; one file, little-endian, can be read")


def _entry(value: bytes, name: str, source: str) -> Entry:
    fields = _fields(Cursor(value, source))
    number = {key: _number(fields, field) for key, field in ENTRY.items() if key not in ("shape", "slices")}
    if number["dtype"] not in DTYPES:
        raise UserError(f"{source}: {name} is of type {number['dtype']}, which does not hold plain numbers")
    if number["shard"] or ENTRY["slices"] in fields:
        raise UserError(f"{source}: {name} lies in several pieces, which cannot be read")
    shape = _shape(_message(fields, ENTRY["shape"]), name, source)
    dtype = DTYPES[number["dtype"]]
    wanted = math.prod(shape) * np.dtype(dtype).itemsize
    if number["n_bytes"] != wanted:
        raise UserError(
            f"{source}: damaged: {name} has {number['n_bytes']} bytes, but its shape {shape} takes {wanted}"
        )
    return Entry(dtype, shape, number["offset"], number["n_bytes"], number["crc32c"])


def _shape(message: bytes, name: str, source: str) -> tuple[int, ...]:
    sizes = []
    for dimension in _fields(Cursor(message, source)).get(2, []):
        size = _number(_fields(Cursor(dimension, source)), 1) if isinstance(dimension, bytes) else -1
        if not 0 <= size < 2**31:
            raise UserError(f"{source}: damaged: a dimension of {name} is not a size")
        sizes.append(size)
    return tuple(sizes)


def _tensor(entry: Entry, data: bytes, name: str, source: str) -> np.ndarray:
    stored = data[entry.offset : entry.offset + entry.n_bytes]
    if leveldb_table.crc32c(stored) != entry.crc32c:
        raise UserError(f"{source}: damaged: the checksum of {name}, at byte {entry.offset}, is wrong")
    return np.frombuffer(stored, entry.dtype).reshape(entry.shape)


def _fields(message: Cursor) -> Fields:
    """The fields of a protocol buffer by number (protobuf.dev/programming-guides/encoding): numbers, or bytes."""
    fields: Fields = {}
    while not message.at_end:
        number, wire_type = divmod(message.varint(), 8)
        if wire_type == 0:
            value = message.varint()
        elif wire_type == 1:
            value = struct.unpack("<Q", message.take(8))[0]
        elif wire_type == 2:
            value = message.take(message.varint())
        elif wire_type == 5:
            value = struct.unpack("<I", message.take(4))[0]
        else:
            raise message.damaged(f"field {number} is of no known type")
        fields.setdefault(number, []).append(value)
    return fields


def _number(fields: Fields, field: int) -> int:
    """The last value of a field, as protocol buffers have it; 0 if it is absent, -1 if it is not a number."""
    value = fields.get(field, [0])[-1]
    return value if isinstance(value, int) else -1


def _message(fields: Fields, field: int) -> bytes:
    value = fields.get(field, [b""])[-1]
    return value if isinstance(value, bytes) else b""
