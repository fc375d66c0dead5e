"""Forms (`a.b.1=c&…`) into values, compiled per shape: the query and ec2 protocols' requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote_to_bytes

from foulweather.wire.codecs.refusals import malformed_input
from foulweather.wire.codecs.scalars import text_reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from foulweather.kernel.model import Shape

PARTS_MAX: Final = 200
"""How deep a parameter's name may nest: far beyond any model, far below Python's own limit."""

Tree = dict[str, Any]
"""Parameters by the first part of their names; `""` holds the value of the name that ends here."""


def unquoted(text: str) -> str:
    """A form's text: percent-encoded UTF-8, with pluses for spaces."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" in text or not text.isascii():
        try:
            # Raw bytes arrive as latin-1, so they are bytes again before they are UTF-8.
            return unquote_to_bytes(text.encode("latin-1")).decode()
        except UnicodeError as error:
            raise malformed_input("Input is not valid UTF-8") from error
    return text


def pairs(text: str) -> list[tuple[str, str]]:
    """A form's or a query string's names and values, decoded, in order."""
    found: list[tuple[str, str]] = []
    plain = "%" not in text and "+" not in text and text.isascii()
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.append((name, value) if plain else (unquoted(name), unquoted(value)))
    return found


def tree(text: str) -> Tree:
    """A form's parameters as a tree by the parts of their names."""
    root: Tree = {}
    for name, value in pairs(text):
        if "." not in name:
            held = root.get(name)
            if type(held) is dict:
                held[""] = value
            else:
                root[name] = value
            continue
        parts = name.split(".")
        if len(parts) > PARTS_MAX:
            raise malformed_input("Input is nested too deeply")
        node: Any = root
        for part in parts[:-1]:
            below: Any = node.get(part)
            if type(below) is not dict:
                below = node[part] = {} if below is None else {"": below}
            node = cast(Any, below)
        held = node.get(parts[-1])
        if type(held) is dict:
            held[""] = value
        else:
            node[parts[-1]] = value
    return root


class FormReader:
    """Compiles shapes into functions that read values from a form's tree."""

    def __init__(self, name_of: Callable[[Shape, str], str], *, ec2: bool = False) -> None:
        self._name_of = name_of
        self._ec2 = ec2
        self._structures: dict[str, Callable[[Any], Any]] = {}

    def value(self, shape: Shape) -> Callable[[Any], Any]:
        """What reads a node of the tree (text or a tree) as `shape`."""
        if shape.type == "structure":
            return self.structure(shape)
        if shape.type == "list":
            return self._list(shape)
        if shape.type == "map":
            return self._map(shape)
        return self._scalar(shape)

    def _scalar(self, shape: Shape) -> Callable[[Any], Any]:
        convert = text_reader(shape)
        is_string = shape.type == "string"

        def read(node: Any) -> Any:
            if type(node) is not str:
                if "" not in node:
                    raise malformed_input(
                        "Start of list found where not expected"
                        if _looks_like_a_list(node)
                        else "Start of structure or map found where not expected."
                    )
                node = node[""]
            if is_string:
                return node
            try:
                return convert(node)
            except (ValueError, OverflowError) as error:
                raise malformed_input(_complaint(shape, node)) from error

        return read

    def structure(self, shape: Shape) -> Callable[[Any], dict[str, Any]]:
        """What reads a tree as the structure `shape`; unknown parameters are ignored, as AWS does."""
        if shape.name in self._structures:
            return self._structures[shape.name]
        members: dict[str, tuple[str, Callable[[Any], Any]]] = {}

        def read(node: Any) -> dict[str, Any]:
            if type(node) is str:
                if node == "":
                    return {}
                raise malformed_input("Unexpected complex element termination")
            result: dict[str, Any] = {}
            for part, below in node.items():
                member = members.get(part)
                if member is not None:
                    result[member[0]] = member[1](below)
            return result

        self._structures[shape.name] = read
        for name, member in shape.members.items():
            convert = self.value(member)
            for wire_name in self._member_names(member, name):
                members.setdefault(wire_name, (name, convert))
        return read

    def _member_names(self, member: Shape, name: str) -> list[str]:
        own = self._name_of(member, name)
        if self._ec2:
            return [own, own[0].upper() + own[1:]]
        if member.type == "list" and member.trait("flattened") and not member.trait("queryName"):
            # botocore sends the list's member's name, Smithy's other clients the structure's.
            return [member.member.trait("locationName") or own, own]
        return [own]

    def _list(self, shape: Shape) -> Callable[[Any], list[Any]]:
        item = self.value(shape.member)
        wrapper = None
        if not self._ec2 and not shape.trait("flattened"):
            wrapper = self._name_of(shape.member, "member")

        def read(node: Any) -> list[Any]:
            if type(node) is str:
                if node == "":
                    return []  # an empty list is sent as the bare name
                raise malformed_input("Unexpected list element termination")
            if wrapper is not None:
                inner = node.get(wrapper)
                if inner is None:
                    # Some old clients write `.member.N` whatever the list's own name is.
                    inner = node.get("member", node)
                if type(inner) is str:
                    return [] if inner == "" else [item(inner)]
                node = inner
            return [item(below) for below in _in_order(node)]

        return read

    def _map(self, shape: Shape) -> Callable[[Any], dict[str, Any]]:
        key_name, value_name = self._name_of(shape.key, "key"), self._name_of(shape.value, "value")
        read_key, read_value = self.value(shape.key), self.value(shape.value)
        wrapper = None if shape.trait("flattened") else "entry"

        def read(node: Any) -> dict[str, Any]:
            if type(node) is str:
                if node == "":
                    return {}
                raise malformed_input("Unexpected map element termination")
            if wrapper is not None:
                node = node.get(wrapper, node)
                if type(node) is str:
                    raise malformed_input("Unexpected map element termination")
            result: dict[str, Any] = {}
            for entry in _in_order(node):
                if type(entry) is str or key_name not in entry:
                    raise malformed_input("Unexpected map element termination")
                if value_name in entry:
                    result[read_key(entry[key_name])] = read_value(entry[value_name])
            return result

        return read


def _looks_like_a_list(node: Tree) -> bool:
    return all(part.isdecimal() or part == "member" for part in node)


def _in_order(node: Tree) -> list[Any]:
    """The values of a tree whose names are numbers, by number; gaps do not matter."""
    if len(node) == 1:
        (part,) = node
        if part.isdecimal() and len(part) < 20:
            return [node[part]]
    numbered: list[tuple[int, Any]] = []
    for part, below in node.items():
        if part == "":
            continue
        if not (part.isascii() and part.isdecimal()) or len(part) > 19:
            raise malformed_input(f"Key {part[:100]} is not a valid list index")
        numbered.append((int(part), below))
    numbered.sort(key=_number)
    return [below for _, below in numbered]


def _number(pair: tuple[int, Any]) -> int:
    return pair[0]


def _complaint(shape: Shape, text: str) -> str:
    if shape.type == "boolean":
        return "boolean must follow xsd1.1 definition"
    if shape.type == "timestamp":
        return "timestamp must follow ISO8601"
    if shape.type == "blob":
        return "blob must be base64 encoded"
    return f"'{text[:100]}' is not a valid {shape.type}"
