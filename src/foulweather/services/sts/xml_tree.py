"""XML read with its prefixes kept, and written in the one form that signatures are made over.

Exclusive XML Canonicalization 1.0, without comments: https://www.w3.org/TR/xml-exc-c14n/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
DEPTH_MAX = 100


class Unreadable(ValueError):
    """Text that is no XML, or XML with what SAML has no use for: a DTD, entities, instructions."""


class Element:
    """An element; `declared` are the namespaces that it declares, `attributes` those in no xmlns."""

    __slots__ = ("attributes", "children", "declared", "name", "parent")

    def __init__(self, name: str, parent: Element | None, attributes: dict[str, str]) -> None:
        self.name = name
        self.parent = parent
        self.children: list[Element | str] = []
        self.declared: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        for key, value in attributes.items():
            if key == "xmlns":
                self.declared[""] = value
            elif key.startswith("xmlns:"):
                self.declared[key[6:]] = value
            else:
                self.attributes[key] = value

    @property
    def tag(self) -> str:
        """Its name with its namespace: `{namespace}name`."""
        prefix, _, local = self.name.rpartition(":")
        return f"{{{self.namespace(prefix)}}}{local}"

    @property
    def text(self) -> str:
        """All text right below it, whatever comments stand between."""
        return "".join(child for child in self.children if isinstance(child, str)).strip()

    def namespace(self, prefix: str) -> str:
        """What a prefix stands for here."""
        if prefix == "xml":
            return XML_NAMESPACE
        here: Element | None = self
        while here is not None:
            if prefix in here.declared:
                return here.declared[prefix]
            here = here.parent
        if prefix:
            raise Unreadable(f"undeclared prefix {prefix}")
        return ""

    def elements(self, tag: str = "") -> list[Element]:
        """The elements right below it, or those of a name."""
        return [each for each in self.children if isinstance(each, Element) and tag in ("", each.tag)]

    def only(self, tag: str) -> Element | None:
        """The one element of a name right below it; None if there are none or several."""
        found = self.elements(tag)
        return found[0] if len(found) == 1 else None

    def walk(self) -> Iterator[Element]:
        """It and all elements below it."""
        yield self
        for child in self.elements():
            yield from child.walk()


def read(text: bytes) -> Element:
    """The outermost element of a document."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.ProcessingInstructionHandler = reader.refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise Unreadable(str(error)) from error
    assert reader.root is not None
    for element in reader.root.walk():
        _check_names(element)
    return reader.root


def canonical(element: Element, without: Element | None = None, inclusive: frozenset[str] = frozenset()) -> bytes:
    """An element's canonical form, with one below it left out; `inclusive` prefixes are kept even if unused."""
    parts: list[str] = []
    _write(element, parts, {}, without, inclusive)
    return "".join(parts).encode()


class _Reader:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.here: Element | None = None
        self.depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise Unreadable("nested too deeply")
        element = Element(name, self.here, attributes)
        if self.here is None:
            self.root = element
        else:
            self.here.children.append(element)
        self.here = element

    def end(self, name: str) -> None:
        assert self.here is not None
        self.depth -= 1
        self.here = self.here.parent

    def characters(self, text: str) -> None:
        if self.here is not None:
            self.here.children.append(text)

    def refuse(self, *_: Any) -> None:
        raise Unreadable("a document type or processing instruction")


def _check_names(element: Element) -> None:
    element.namespace(element.name.rpartition(":")[0])
    expanded = [_expanded(element, key) for key in element.attributes]
    if len(set(expanded)) != len(expanded):
        raise Unreadable("an attribute twice")


def _expanded(element: Element, key: str) -> tuple[str, str]:
    prefix, _, local = key.rpartition(":")
    return element.namespace(prefix) if prefix else "", local


def _write(
    element: Element, parts: list[str], above: dict[str, str], without: Element | None, inclusive: frozenset[str]
) -> None:
    used = {element.name.rpartition(":")[0]}
    used |= {key.rpartition(":")[0] for key in element.attributes if ":" in key}
    used |= {prefix for prefix in inclusive if _is_declared(element, prefix)}
    written = dict(above)
    parts.append(f"<{element.name}")
    for prefix in sorted(used - {"xml"}):
        namespace = element.namespace(prefix)
        if written.get(prefix, "") != namespace:
            written[prefix] = namespace
            parts.append(f' xmlns{":" if prefix else ""}{prefix}="{_in_attribute(namespace)}"')
    for key in sorted(element.attributes, key=lambda key: _expanded(element, key)):
        parts.append(f' {key}="{_in_attribute(element.attributes[key])}"')
    parts.append(">")
    for child in element.children:
        if isinstance(child, str):
            parts.append(_in_text(child))
        elif child is not without:
            _write(child, parts, written, without, inclusive)
    parts.append(f"</{element.name}>")


def _is_declared(element: Element, prefix: str) -> bool:
    here: Element | None = element
    while here is not None:
        if prefix in here.declared:
            return True
        here = here.parent
    return False


def _in_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def _in_attribute(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")
