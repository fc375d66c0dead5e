from __future__ import annotations

import random
from xml.etree.ElementTree import canonicalize

import pytest

from foulweather.services.sts.xml_tree import Unreadable, canonical, read


def canon(text: str) -> str:
    return canonical(read(text.encode())).decode()


def test_the_form_of_the_specification() -> None:
    # Exclusive XML Canonicalization 1.0, section 2.2: the same element in two contexts, one form.
    inner = '<n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"/></n1:elem2>'
    contexts = (
        f'<n0:pdu xmlns:n0="http://a.example">{inner}</n0:pdu>',
        f'<n2:pdu xmlns:n1="http://example.com" xmlns:n2="http://foo.example" xml:lang="fr" xml:space="retain">{inner}'
        "</n2:pdu>",
    )
    wanted = (
        '<n1:elem2 xmlns:n1="http://example.net" xml:lang="en">'
        '<n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:elem2>'
    )
    for context in contexts:
        (element,) = read(context.encode()).elements()
        assert canonical(element).decode() == wanted


def test_listed_prefixes_are_kept_though_unused() -> None:
    (element,) = read(b'<a xmlns:x="urn:x" xmlns:y="urn:y"><b/></a>').elements()
    assert canonical(element, inclusive=frozenset({"x", "z"})) == b'<b xmlns:x="urn:x"></b>'


@pytest.mark.parametrize(
    "text",
    [
        "<a/>",
        '<?xml version="1.0" encoding="UTF-8"?>\n<a  b = "1"   a="2" />\n',
        "<a>x &lt; y &gt; z &amp; &#13; \r\n \t é</a>",
        '<a b="&lt;&quot;&#9;&#10;&#13;\'\t&amp;>"/>',
        "<a><![CDATA[<b>&]]></a>",
        "<a>one<!-- two -->three</a>",
        '<a xmlns="urn:1"><b xmlns=""><c xmlns="urn:1"/></b></a>',
        '<x:a xmlns:x="urn:1" xmlns:y="urn:0" y:b="1" x:a="2" c="3"><y:b/><x:b xmlns:x="urn:2"/></x:a>',
    ],
)
def test_it_writes_what_python_writes(text: str) -> None:
    assert canon(text) == canonicalize(text)


def test_it_writes_what_python_writes_of_anything() -> None:
    draw = random.Random(7)

    def element(depth: int, scope: dict[str, str]) -> str:
        scope = dict(scope)
        # Python forgets which of two prefixes was written, when both stand for one namespace.
        declared = {prefix: f"urn:{prefix}{draw.randrange(3)}" for prefix in ("p", "q", "") if draw.random() < 0.3}
        scope.update(declared)
        prefixes = [prefix for prefix in scope if prefix]
        prefix = draw.choice([*prefixes, ""])
        name = f"{prefix}:n" if prefix else "n"
        attributes = {f"a{n}": draw.choice(["1", "&quot;", " &amp; "]) for n in range(draw.randrange(3))}
        if prefixes and draw.random() < 0.5:
            attributes[f"{draw.choice(prefixes)}:b"] = "x"
        shown = "".join(f' xmlns{":" if key else ""}{key}="{uri}"' for key, uri in declared.items())
        shown += "".join(f' {key}="{value}"' for key, value in attributes.items())
        below = "".join(
            element(depth - 1, scope) if depth and draw.random() < 0.7 else draw.choice(["t", " ", "&lt;"])
            for _ in range(draw.randrange(4))
        )
        return f"<{name}{shown}>{below}</{name}>"

    for _ in range(300):
        text = element(4, {})
        assert canon(text) == canonicalize(text), text


@pytest.mark.parametrize(
    "text",
    ["", "<a>", "<a></b>", "<!DOCTYPE a><a/>", "<a><?pi?></a>", "<p:a/>", "<a p:b='1'/>", "<a b='1' b='2'/>",
     "<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>", "<a>&nbsp;</a>"],
)  # fmt: skip
def test_what_is_no_plain_xml_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text.encode())
