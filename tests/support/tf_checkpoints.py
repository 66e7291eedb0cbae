"""A small writer of TensorFlow's checkpoint files, and musicnn's tensors with random values, as if they had been trained."""

import struct

import numpy as np

from dalsegno.transfer.wheels.leveldb_table import MAGIC, crc32c

CODES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "bool": 10, "float16": 19}
N_RESTART = 3  # entries between two keys that stand in full


def varint(value):
    low = bytes([value & 0x7F | (0x80 if value > 0x7F else 0)])
    return low + varint(value >> 7) if value > 0x7F else low


def field(number, value):
    """A protocol buffer's field: a number, or bytes."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def header(n_shards=1, byte_order=0, producer=1, oldest_reader=0):
    return field(1, n_shards) + field(2, byte_order) + field(3, field(1, producer) + field(2, oldest_reader))


def entry(array, offset, **other):
    """A BundleEntryProto. other: what it is to say instead, by the names of its fields."""
    says = {"dtype": CODES[str(array.dtype)], "shape": array.shape, "shard": 0, "offset": offset}
    says |= {"n_bytes": array.nbytes, "crc32c": crc32c(array.tobytes())} | other
    shape = b"".join(field(2, field(1, size)) for size in says["shape"])
    message = field(1, says["dtype"]) + field(2, shape) + field(3, says["shard"]) + field(4, says["offset"])
    return message + field(5, says["n_bytes"]) + varint(6 << 3 | 5) + struct.pack("<I", says["crc32c"])


def block(pairs):
    """A block of a table, each key without what it shares with the one before."""
    content, restarts, before = b"", [], b""
    for i, (key, value) in enumerate(pairs):
        n_shared = 0
        if i % N_RESTART == 0:
            restarts.append(len(content))
        else:
            while key[: n_shared + 1] == before[: n_shared + 1] and n_shared < min(len(key), len(before)):
                n_shared += 1
        own, before = key[n_shared:], key
        content += varint(n_shared) + varint(len(own)) + varint(len(value)) + own + value
    restarts = restarts or [0]
    return content + b"".join(struct.pack("<I", restart) for restart in [*restarts, len(restarts)])


def table(pairs, n_per_block=5, compression=0):
    """A LevelDB table of sorted (key, value) pairs in several blocks."""
    data, handles = b"", []

    def add(content):
        nonlocal data
        handle = varint(len(data)) + varint(len(content))
        guarded = content + bytes([compression])
        data += guarded + struct.pack("<I", crc32c(guarded))
        return handle

    for i in range(0, len(pairs), n_per_block):
        some = pairs[i : i + n_per_block]
        handles.append((some[-1][0] + b"\0", add(block(some))))
    footer = add(block([])) + add(block(handles))
    return data + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def files(arrays, head=None, **other):
    """The contents of `.index` and `.data-00000-of-00001` that hold `arrays` by name; other: as for `entry`, of all."""
    data, pairs = b"", [(b"", head or header())]
    for name in sorted(arrays, key=str.encode):
        pairs.append((name.encode(), entry(arrays[name], **{"offset": len(data)} | other)))
        data += arrays[name].tobytes()
    return table(pairs), data


def write(folder, arrays):
    folder.mkdir(parents=True)
    for name, content in zip((".index", ".data-00000-of-00001"), files(arrays), strict=True):
        (folder / name).write_bytes(content)


def musicnn():
    """Names and shapes of a musicnn's tensors, as they are in the package's checkpoints."""
    kernels = {
        "conv2d": (7, 38, 1, 204),
        "conv2d_1": (7, 67, 1, 204),
        "conv2d_2": (128, 1, 1, 51),
        "conv2d_3": (64, 1, 1, 51),
        "conv2d_4": (32, 1, 1, 51),
        "conv2d_5": (7, 561, 1, 64),
        "conv2d_6": (7, 64, 1, 64),
        "conv2d_7": (7, 64, 1, 64),
        "dense": (1506, 200),
        "dense_1": (200, 50),
    }
    return _shapes(kernels, [1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200])


def vgg():
    kernels = {f"{i}CNN": (3, 3, 1 if i == 1 else 128, 128) for i in range(1, 6)} | {"dense": (256, 50)}
    return _shapes(kernels, [1, 128, 128, 128, 128, 128])


def _shapes(kernels, norms):
    shapes = {f"{name}/kernel": shape for name, shape in kernels.items()}
    shapes |= {f"{name}/bias": shape[-1:] for name, shape in kernels.items()}
    for i, n in enumerate(norms):
        name = f"batch_normalization_{i}" if i else "batch_normalization"
        shapes |= {f"{name}/{kind}": (n,) for kind in ("gamma", "beta", "moving_mean", "moving_variance")}
    return shapes


def random(shapes, seed=0):
    """Arrays of these shapes, such that activations neither vanish nor explode."""
    rng = np.random.default_rng(seed)

    def values(name, shape):
        if name.endswith("kernel"):
            return rng.normal(0, (2 / np.prod(shape[:-1])) ** 0.5, shape)
        return rng.uniform(0.5, 1.5, shape) if name.endswith("variance") else rng.normal(0.3, 0.5, shape)

    return {name: values(name, shape).astype(np.float32) for name, shape in shapes.items()}


CHECKPOINTS = {"MSD_musicnn": musicnn, "MTT_musicnn": musicnn, "MSD_vgg": vgg, "MTT_vgg": vgg}
