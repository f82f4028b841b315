"""Which operators the graph of an ONNX file holds, read off without its weights.

An ONNX file is a protobuf message. Only what leads to the names of operators is looked at; everything else,
weights first of all, is stepped over by its length.
"""

from collections.abc import Iterator

VARINT, FIXED_64, BYTES, FIXED_32 = 0, 1, 2, 5
# Numbers of fields in onnx.proto.
MODEL_GRAPH, MODEL_FUNCTIONS = 7, 25
GRAPH_NODE = 1
FUNCTION_NODE = 7
NODE_OPERATOR, NODE_ATTRIBUTE = 4, 5
ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS = 6, 11


def operators_of(content: bytes) -> set[str]:
    """Types of all nodes, those of loops, branches and functions too; of what is no whole ONNX file, those
    that can be made out before it breaks off."""
    found: set[str] = set()
    try:
        for number, part in _fields(memoryview(content)):
            if number == MODEL_GRAPH:
                _of_nodes(part, GRAPH_NODE, found)
            elif number == MODEL_FUNCTIONS:
                _of_nodes(part, FUNCTION_NODE, found)
    except IndexError:
        pass  # who loads it will say what is wrong
    return found


def _of_nodes(holder: memoryview, field: int, found: set[str]) -> None:
    """Of the nodes that a graph or function holds in one of its fields."""
    for number, node in _fields(holder):
        if number != field:
            continue
        for kind, value in _fields(node):
            if kind == NODE_OPERATOR:
                found.add(bytes(value).decode(errors="replace"))
            elif kind == NODE_ATTRIBUTE:
                for place, graph in _fields(value):
                    if place in (ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS):
                        _of_nodes(graph, GRAPH_NODE, found)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Numbers and contents of the fields that have a length; IndexError where the message breaks off."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == VARINT:
            _, place = _varint(message, place)
        elif kind in (FIXED_64, FIXED_32):
            place += 8 if kind == FIXED_64 else 4
        elif kind == BYTES:
            length, place = _varint(message, place)
            if place + length > len(message):
                raise IndexError("a field reaches beyond its message")
            yield tag >> 3, message[place : place + length]
            place += length
        else:
            raise IndexError(f"{kind} is no kind of field")


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """The number that begins at a place, and the place behind it."""
    value = shift = 0
    while shift < 70:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise IndexError("a number that does not end")
