"""YuNet's file for a runtime that, unlike OpenCV, holds to the size that the file names."""

from pathlib import Path

from fer.faces.yunet_file import read_checked
from fer.importing import require


def yunet_for_any_size(path: Path) -> bytes:
    """YuNet's network, which takes images of any sides that 32 divides.

    Args:
        path: Its file of March 2023, which names 640 × 640 pixels.

    Raises:
        DetectorError: If there is no file, or it is not that one.
        MissingPackageError: If the package `onnx` is not installed.
    """
    content = read_checked(path)
    require("onnx")
    import onnx

    network = onnx.load_from_string(content)
    graph = network.graph
    height, width = graph.input[0].type.tensor_type.shape.dim[2:]
    height.dim_param, width.dim_param = "height", "width"
    for output in graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"{output.name}_places"
    graph.ClearField("value_info")  # shapes inside, which follow from those
    made: bytes = network.SerializeToString()
    return made
