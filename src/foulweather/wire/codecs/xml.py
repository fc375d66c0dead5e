"""XML out of and into values, compiled per shape: what the query, ec2 and rest-xml protocols share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from foulweather.wire.codecs.refusals import NotAMember, malformed_xml
from foulweather.wire.codecs.scalars import text_reader, text_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.model import Shape

_SPECIAL: Final = re.compile("[&<>\"'\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REPLACED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def _reference(match: re.Match[str]) -> str:
    character = match.group()
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"  # half a pair cannot be written in UTF-8
    # XML 1.0 allows no reference to most control characters either; AWS writes them all the same.
    return _REPLACED.get(character) or f"&#x{ord(character):x};"


def escaped(text: str) -> str:
    """`text` as an element's or an attribute's content."""
    return _SPECIAL.sub(_reference, text) if _SPECIAL.search(text) else text


class XmlDialect:
    """What differs between the XML protocols: names, and the form of a timestamp."""

    def __init__(self, write_timestamp: Callable[[int], str], *, query_names: bool = False) -> None:
        self.write_timestamp = write_timestamp
        self.query_names = query_names

    def name(self, shape: Shape, default: str) -> str:
        """The element's name of `shape`, which its parent would call `default`."""
        if self.query_names:
            name = shape.trait("queryName")
            if name:
                return name
        return shape.trait("locationName") or default

    def member_name(self, shape: Shape, name: str) -> str:
        """The element's name of the member `name`; a flattened list goes by its own member's name."""
        if shape.type == "list" and shape.trait("flattened"):
            if self.query_names and shape.trait("queryName"):
                return shape.trait("queryName")
            return shape.member.trait("locationName") or self.name(shape, name)
        return self.name(shape, name)


class XmlWriter:
    """Compiles shapes into functions that write values as XML; one for each service and protocol."""

    def __init__(self, dialect: XmlDialect) -> None:
        self._dialect = dialect
        self._contents: dict[object, Callable[[Any], str]] = {}

    def element(self, shape: Shape, name: str) -> Callable[[Any], str]:
        """What writes a value of `shape` as the element `name`; flattened ones as several."""
        opening, closing = f"<{name}{namespace(shape)}>", f"</{name}>"
        kind = shape.type
        if kind == "structure":
            return self._structure_element(shape, name)
        if kind == "list":
            if shape.trait("flattened"):
                item = self.element(shape.member, name)
                return lambda value: "".join([item(each) for each in value])
            content = self._list(shape)
        elif kind == "map":
            if shape.trait("flattened"):
                return self._map(shape, name)
            content = self._map(shape, "entry")
        else:
            convert = text_writer(shape, self._dialect.write_timestamp)
            if convert is None:
                return lambda value: f"{opening}{escaped(value)}{closing}"
            return lambda value: f"{opening}{convert(value)}{closing}"
        return lambda value: f"{opening}{content(value)}{closing}"

    def content(self, shape: Shape) -> Callable[[Any], str]:
        """What writes a structure's members, without an element around them."""
        key = shape.name
        if key in self._contents:
            return self._contents[key]
        members: dict[str, Callable[[Any], str]] = {}

        def write(value: Mapping[str, Any]) -> str:
            try:
                return "".join([members[name](member) for name, member in value.items() if member is not None])
            except KeyError as error:
                if error.args[0] in members:
                    raise
                raise NotAMember(shape.name, error.args[0]) from error

        self._contents[key] = write
        for name, member in shape.members.items():
            if member.trait("xmlAttribute"):
                members[name] = _nothing
            elif member.trait("location") in (None, "uri", "querystring"):
                members[name] = self.element(member, self._dialect.member_name(member, name))
            else:
                members[name] = _nothing  # written to a header, or the status
        return write

    def _structure_element(self, shape: Shape, name: str) -> Callable[[Any], str]:
        content = self.content(shape)
        tag, closing = f"<{name}{namespace(shape)}", f"</{name}>"
        attributes = [
            (member_name, member.trait("locationName") or member_name)
            for member_name, member in shape.members.items()
            if member.trait("xmlAttribute")
        ]
        if not attributes:
            opening = tag + ">"
            return lambda value: f"{opening}{content(value)}{closing}"

        def write(value: Mapping[str, Any]) -> str:
            written = "".join(
                [f' {attribute}="{escaped(value[member])}"' for member, attribute in attributes if member in value]
            )
            return f"{tag}{written}>{content(value)}{closing}"

        return write

    def _list(self, shape: Shape) -> Callable[[Any], str]:
        item = self.element(shape.member, self._dialect.name(shape.member, "member"))
        return lambda value: "".join([item(each) for each in value])

    def _map(self, shape: Shape, name: str) -> Callable[[Any], str]:
        key = self.element(shape.key, self._dialect.name(shape.key, "key"))
        held = self.element(shape.value, self._dialect.name(shape.value, "value"))
        opening, closing = f"<{name}>", f"</{name}>"
        return lambda value: "".join(
            [f"{opening}{key(each)}{held(value[each])}{closing}" for each in value if value[each] is not None]
        )


def _nothing(_value: object) -> str:
    return ""


def namespace(shape: Shape) -> str:
    """The xmlns attribute that the model asks for, or nothing."""
    given = shape.trait("xmlNamespace")
    if not given:
        return ""
    if isinstance(given, str):
        return f' xmlns="{given}"'
    prefix = given.get("prefix")
    return f' xmlns{":" + prefix if prefix else ""}="{given["uri"]}"'


def parsed(body: bytes) -> ElementTree.Element:
    """The document's root; refuses what is no XML, and document type declarations."""
    if b"<!DOCTYPE" in body:
        raise malformed_xml()
    parser = ElementTree.XMLParser(encoding="utf-8")  # whatever the document says, so nothing hides a DOCTYPE
    try:
        parser.feed(body)
        return parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise malformed_xml() from error


def local_name(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


class XmlReader:
    """Compiles shapes into functions that read values from elements; one for each service and protocol."""

    def __init__(self, dialect: XmlDialect) -> None:
        self._dialect = dialect
        self._structures: dict[str, Callable[[ElementTree.Element], Any]] = {}

    def element(self, shape: Shape) -> Callable[[ElementTree.Element], Any]:
        """What reads an element as `shape`; of a flattened list or map, one item of it."""
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "list":
            item = self.element(shape.member)
            return lambda element: [item(child) for child in element]
        if shape.type == "map":
            pair = self._pair(shape)
            return lambda element: dict([pair(child) for child in element])
        convert = text_reader(shape)

        def read(element: ElementTree.Element) -> Any:
            if len(element):
                raise malformed_xml()
            text = element.text or ""
            try:
                return convert(text if shape.type == "string" else text.strip())
            except (ValueError, OverflowError) as error:
                raise malformed_xml() from error

        return read

    def _pair(self, shape: Shape) -> Callable[[ElementTree.Element], tuple[Any, Any]]:
        key_name = self._dialect.name(shape.key, "key")
        value_name = self._dialect.name(shape.value, "value")
        read_key, read_value = self.element(shape.key), self.element(shape.value)

        def read(entry: ElementTree.Element) -> tuple[Any, Any]:
            found = {local_name(child.tag): child for child in entry}
            if key_name not in found or value_name not in found:
                raise malformed_xml()
            return read_key(found[key_name]), read_value(found[value_name])

        return read

    def _structure(self, shape: Shape) -> Callable[[ElementTree.Element], dict[str, Any]]:
        if shape.name in self._structures:
            return self._structures[shape.name]
        single: dict[str, tuple[str, Callable[[ElementTree.Element], Any]]] = {}
        several: dict[str, tuple[str, Callable[[ElementTree.Element], Any]]] = {}
        pairs: dict[str, tuple[str, Callable[[ElementTree.Element], Any]]] = {}
        attributes: dict[str, str] = {}

        def read(element: ElementTree.Element) -> dict[str, Any]:
            result: dict[str, Any] = {}
            for child in element:
                tag = local_name(child.tag)
                if tag in single:
                    name, convert = single[tag]
                    result[name] = convert(child)
                elif tag in several:
                    name, convert = several[tag]
                    result.setdefault(name, []).append(convert(child))
                elif tag in pairs:
                    name, convert = pairs[tag]
                    key, value = convert(child)
                    result.setdefault(name, {})[key] = value
            for attribute, name in attributes.items():
                for key, value in element.attrib.items():
                    if local_name(key) == attribute:
                        result[name] = value
            return result

        self._structures[shape.name] = read
        for name, member in shape.members.items():
            tag = self._dialect.member_name(member, name)
            if member.trait("xmlAttribute"):
                attributes[tag.rpartition(":")[2]] = name
            elif member.type == "list" and member.trait("flattened"):
                several[tag] = (name, self.element(member.member))
                # Smithy's other clients send the structure's name for it, botocore the list's member's.
                several.setdefault(self._dialect.name(member, name), several[tag])
            elif member.type == "map" and member.trait("flattened"):
                pairs[tag] = (name, self._pair(member))
            elif member.trait("location") is None:
                single[tag] = (name, self.element(member))
                if member.own_trait("locationName") == tag:
                    # A structure's own name is its root's name; only botocore calls members by it too.
                    single.setdefault(name, single[tag])
        return read
