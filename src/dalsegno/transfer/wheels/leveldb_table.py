"""LevelDB's table format, in which TensorFlow writes the `.index` of a checkpoint: sorted keys and their values (read only).

A table is a row of blocks, an index block that says where each lies, and a footer that says where the index block lies
(github.com/google/leveldb, doc/table_format.md). Every length, offset and checksum is checked before it is used.
"""

import struct
from collections.abc import Iterator

from dalsegno.pipeline.errors import UserError

MAGIC = 0xDB4775248B80FB57
N_FOOTER = 48  # bytes: two handles, padded to 40, and the magic number
N_TRAILER = 5  # bytes after a block: how it is compressed, and its checksum
LONGEST_VARINT = 10  # bytes of 64 bits, seven per byte


class Cursor:
    """Bytes read from front to back. source: the name of the file, for messages; start: where the bytes lie in it."""

    def __init__(self, data: bytes, source: str, start: int = 0) -> None:
        self.data, self.source, self.start, self.position = data, source, start, 0

    @property
    def at_end(self) -> bool:
        """Whether all bytes have been read."""
        return self.position == len(self.data)

    def take(self, n_bytes: int) -> bytes:
        """The next `n_bytes`. Raises UserError if there are fewer."""
        end = self.position + n_bytes
        if end > len(self.data):
            n_left = len(self.data) - self.position
            raise self.damaged(f"{n_bytes} bytes are announced and {n_left} are left")
        taken, self.position = self.data[self.position : end], end
        return taken

    def varint(self) -> int:
        """An unsigned number below 2⁶⁴, seven bits per byte, the lowest first. Raises UserError if it does not end."""
        value = 0
        for i in range(LONGEST_VARINT):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << 7 * i
            if byte < 0x80:
                if value >= 2**64:
                    break
                return value
        raise self.damaged("a number takes more than 64 bits")

    def damaged(self, what: str) -> UserError:
        """The error that says which byte of the file is wrong, and how."""
        return UserError(f"{self.source}: damaged at byte {self.start + self.position}: {what}")


def read(data: bytes, source: str) -> dict[bytes, bytes]:
    """All keys of the table `data` with their values, in order. source: the file's name, for messages.

    Raises UserError if it is another kind of file, cut short, damaged or compressed.
    """
    if len(data) < N_FOOTER or struct.unpack("<Q", data[-8:])[0] != MAGIC:
        raise UserError(
            f"{source}: not an index of a TensorFlow checkpoint, or cut short: its {len(data)} bytes do not end in the "
            "number that marks a LevelDB table"
        )
    footer = Cursor(data[-N_FOOTER:-8], source, len(data) - N_FOOTER)
    _block(data, footer, source)  # of the table's own properties, which TensorFlow leaves empty
    table: dict[bytes, bytes] = {}
    for _, handle in _entries(_block(data, footer, source)):
        for key, value in _entries(_block(data, Cursor(handle, source), source)):
            if table and key <= next(reversed(table)):
                raise UserError(f"{source}: damaged: the key {key!r} is not in order")
            table[key] = value
    return table


def crc32c(data: bytes) -> int:
    """The masked CRC-32C (Castagnoli) with which LevelDB and TensorFlow guard their bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _block(data: bytes, handle: Cursor, source: str) -> Cursor:
    """The block to which `handle` points, its checksum verified."""
    start, n_bytes = handle.varint(), handle.varint()
    if start + n_bytes + N_TRAILER > len(data) - N_FOOTER:
        raise handle.damaged(f"a block of {n_bytes} bytes at byte {start} does not fit in {len(data)} bytes")
    stored = data[start : start + n_bytes + N_TRAILER]
    if crc32c(stored[:-4]) != struct.unpack("<I", stored[-4:])[0]:
        raise UserError(f"{source}: damaged: the checksum of the block at byte {start} is wrong")
    if stored[n_bytes] != 0:
        raise UserError(f"{source}: the block at byte {start} is compressed, which TensorFlow's checkpoints are not")
    return Cursor(stored[:n_bytes], source, start)


def _entries(block: Cursor) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block. A key stands there without what it shares with the one before it."""
    n_restarts = struct.unpack("<I", block.data[-4:])[0] if len(block.data) >= 4 else -1
    n_bytes = len(block.data) - 4 * (n_restarts + 1)
    if n_restarts < 1 or n_bytes < 0:
        raise block.damaged(f"{n_restarts} restart points do not fit in a block of {len(block.data)} bytes")
    entries, key = Cursor(block.data[:n_bytes], block.source, block.start), b""
    while not entries.at_end:
        n_shared, n_own, n_value = entries.varint(), entries.varint(), entries.varint()
        if n_shared > len(key):
            raise entries.damaged(f"a key shares {n_shared} bytes with one of {len(key)}")
        key = key[:n_shared] + entries.take(n_own)
        yield key, entries.take(n_value)


def _remainders() -> list[int]:
    """The CRC-32C of every byte."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = _remainders()
