"""The part of the ONNX format that a small feed-forward network needs.

Numbers of fields and types: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. They are
written by hand because the package onnx would be 17 MB for these lines.
"""

from collections.abc import Mapping, Sequence

import numpy as np

_IR_VERSION, _OPSET = 7, 13
_FLOAT = 1  # a tensor's type
_INT, _INTS = 2, 7  # an attribute's

INPUT = "input"
"""Name of the network's only input."""

Shape = Sequence[int | str]
"""Sizes of a tensor; those that vary have a name instead of a number."""

_Field = tuple[int, int | str | bytes]
"""Number and value of a field of a message."""


class Graph:
    """Nodes in their order; tensors are known by name."""

    def __init__(self) -> None:
        self._fields: list[_Field] = []
        self._names = 0

    def constant(self, values: np.ndarray) -> str:
        """Add a float32 tensor; returns its name."""
        name = self._new_name()
        content = np.ascontiguousarray(values, np.float32).tobytes()
        dims = [(1, size) for size in values.shape]
        self._fields.append((5, _message(*dims, (2, _FLOAT), (8, name), (9, content))))
        return name

    def node(self, operator: str, *inputs: str, **attributes: int | list[int]) -> str:
        """Add one of ONNX's operators; returns the name of its output."""
        output = self._new_name()
        fields: list[_Field] = [(1, name) for name in inputs]
        fields += [(2, output), (3, f"{operator} {output}"), (4, operator)]
        for name, value in attributes.items():
            if isinstance(value, int):
                fields.append((5, _message((1, name), (3, value), (20, _INT))))
            else:
                values = [(8, each) for each in value]
                fields.append((5, _message((1, name), *values, (20, _INTS))))
        self._fields.append((1, _message(*fields)))
        return output

    def to_bytes(self, input_shape: Shape, outputs: Mapping[str, Shape]) -> bytes:
        """The model as a file.

        Args:
            input_shape: Of `INPUT`.
            outputs: Outputs of nodes with their shapes.
        """
        graph = _message(
            (2, "network"),
            *self._fields,
            (11, _tensor(INPUT, input_shape)),
            *((12, _tensor(name, shape)) for name, shape in outputs.items()),
        )
        opset = _message((1, ""), (2, _OPSET))
        return _message((1, _IR_VERSION), (7, graph), (8, opset))

    def _new_name(self) -> str:
        self._names += 1
        return f"tensor {self._names}"


def _tensor(name: str, shape: Shape) -> bytes:
    sizes = [(1, _message((1 if isinstance(size, int) else 2, size))) for size in shape]
    return _message((1, name), (2, _message((1, _message((1, _FLOAT), (2, _message(*sizes)))))))


def _message(*fields: _Field) -> bytes:
    """Fields of a Protocol Buffers message: numbers, or texts, messages and raw values."""
    content = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            content += _varint(number << 3) + _varint(value)
        else:
            raw = value.encode() if isinstance(value, str) else value
            content += _varint(number << 3 | 2) + _varint(len(raw)) + raw
    return bytes(content)


def _varint(value: int) -> bytes:
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    content.append(value)
    return bytes(content)
