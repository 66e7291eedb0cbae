"""A simulated GPU: tensors that claim to lie on `cuda` while the CPU works on them, so that code for a GPU runs anywhere.

What fails on a GPU fails here: an operation on tensors of two devices, `.numpy()` of a tensor on the GPU, a generator of the
wrong device. Whatever makes the CPU wait for the GPU is noted, with the line of our code that asked for it.
"""

import traceback
from contextlib import contextmanager
from unittest import mock

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
FREE = 2**33  # bytes of its memory
WAITS = {"item", "tolist", "nonzero", "__bool__", "__int__", "__float__", "__index__", "equal", "unique"}
TO_NUMPY = {"numpy", "__array__"}


class OnGpu(Tensor):
    """A tensor that is said to lie on the GPU."""

    __torch_function__ = torch._C._disabled_torch_function_impl


class Gpu(TorchFunctionMode):
    """Puts there what is asked for on `cuda`. waits: lines of our code at which the CPU waited for it, one per wait."""

    def __init__(self):
        super().__init__()
        self.waits, self.generators = [], set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = dict(kwargs or {}), func.__name__
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        there = any(isinstance(tensor, OnGpu) for tensor in tensors)
        if name == "__get__" and func in (Tensor.device.__get__, Tensor.is_cuda.__get__):
            return there if func == Tensor.is_cuda.__get__ else GPU if there else CPU
        if name in ("to", "cpu", "pin_memory") and tensors:
            return self._moved(name, *args, **kwargs)
        if name == "_has_compatible_shallow_copy_type" and there:
            return all(isinstance(tensor, OnGpu) for tensor in tensors)  # a parameter that moves becomes another
        if there:
            self._check(name, args, tensors)
        if (device := kwargs.get("device")) is not None:
            there = torch.device(device).type == "cuda"
            kwargs["device"] = CPU
            if name in ("tensor", "as_tensor") and there:
                self._wait()
        if (generator := kwargs.get("generator")) is not None and (generator in self.generators) != there:
            raise RuntimeError(f"{name}: tensor and generator are of different devices")
        out = func(*args, **kwargs)
        return tree_map(_there, out) if there else out

    def _moved(self, name, tensor, *args, **kwargs):
        """`tensor` where it is asked for, as another tensor if that is another device."""
        if name == "pin_memory":
            return tensor
        device, dtype, non_blocking, memory_format = (
            (CPU, None, False, None) if name == "cpu" else torch._C._nn._parse_to(*args, **kwargs)
        )
        was, is_ = isinstance(tensor, OnGpu), isinstance(tensor, OnGpu) if device is None else device.type == "cuda"
        options = {"memory_format": memory_format} if memory_format else {}
        out = tensor.to(dtype=dtype or tensor.dtype, copy=was != is_, **options)
        if was != is_ and not non_blocking:
            self._wait()
        return _there(out) if is_ else out.as_subclass(Tensor)

    def _check(self, name, args, tensors):
        """Raise what PyTorch raises, and note what it waits for."""
        if name in TO_NUMPY:
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        here = [t for t in tensors if not isinstance(t, OnGpu) and t.ndim]
        indexed = name in ("__getitem__", "__setitem__") and isinstance(args[0], OnGpu)
        if here and not indexed and name != "copy_":
            raise RuntimeError(f"{name}: Expected all tensors to be on the same device, cuda:0 and cpu")
        masked = name == "__getitem__" and any(t.dtype == torch.bool for t in tensors[1:])
        if here or masked or name in WAITS:
            self._wait()

    def _wait(self):
        ours = [step for step in traceback.extract_stack() if "/dalsegno/" in step.filename]
        self.waits += [f"{step.filename.split('/dalsegno/')[1]}: {step.line}" for step in ours[-1:]]


def _there(value):
    return value.as_subclass(OnGpu) if isinstance(value, Tensor) and not isinstance(value, OnGpu) else value


@contextmanager
def pretended():
    """A machine with a GPU, for as long as the context lasts; gives the `Gpu`."""
    gpu, generator, autocast = Gpu(), torch.Generator, torch.autocast
    group_by_device = torch._C._group_tensors_by_device_and_dtype

    def made(device="cpu"):
        new = generator()
        if torch.device(device).type == "cuda":
            gpu.generators.add(new)
        return new

    def grouped(*args):
        return {(GPU, dtype): group for (_, dtype), group in group_by_device(*args).items()}

    answers = {
        "is_available": True, "device_count": 1, "mem_get_info": (FREE, FREE), "max_memory_allocated": 2**20,
        "get_device_name": "a pretended GPU", "is_current_stream_capturing": False,
    }  # fmt: skip
    patches = [mock.patch.object(torch.cuda, name, lambda *_, value=value: value) for name, value in answers.items()]
    patches += [
        mock.patch.object(torch.cuda, "is_bf16_supported", lambda **_: True),
        mock.patch.object(torch, "Generator", made),
        mock.patch.object(torch, "autocast", lambda _, *args, **kwargs: autocast("cpu", *args, **kwargs)),
        mock.patch.object(torch._C, "_group_tensors_by_device_and_dtype", grouped),
        mock.patch.object(torch.accelerator, "current_stream", lambda: mock.Mock(is_capturing=lambda: False)),
        mock.patch.dict("os.environ"),
    ]
    try:
        for patch in patches:
            patch.start()
        with gpu:
            yield gpu
    finally:
        for patch in reversed(patches):
            patch.stop()
