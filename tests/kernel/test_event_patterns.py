"""Patterns and events that are nested as deep as somebody likes are refused, or asked: they never break the asker."""

from __future__ import annotations

import pytest

from foulweather.kernel.event_documents import PatternSyntax, parsed
from foulweather.kernel.event_patterns import compiled


@pytest.mark.parametrize("depth", [301, 1_000, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_pattern_that_is_nested_too_deeply_is_refused(depth: int, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    with pytest.raises(PatternSyntax, match="nested too deeply"):
        compiled('{"a":' + opening * depth + '["x"]' + closing * depth + "}")


def test_a_deep_pattern_is_asked() -> None:
    depth = 250
    pattern = compiled('{"a":' * depth + '["x"]' + "}" * depth)
    assert pattern.accepts(parsed('{"a":' * depth + '"x"' + "}" * depth))
    assert not pattern.accepts(parsed('{"a":' * depth + '"y"' + "}" * depth))
    assert not pattern.accepts({})


@pytest.mark.parametrize("innermost", ['"x"', '{"b": "x"}'])
def test_an_event_of_nested_arrays_is_asked_at_its_innermost(innermost: str) -> None:
    depth = 700
    event = parsed('{"a":' + "[" * depth + innermost + "]" * depth + "}")
    assert compiled('{"a": ["x"]}').accepts(event) == (innermost == '"x"')
    assert compiled('{"a": {"b": ["x"]}}').accepts(event) == (innermost != '"x"')


def test_an_event_that_is_nested_too_deeply_is_no_json() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parsed("[" * 100_000 + "]" * 100_000)
