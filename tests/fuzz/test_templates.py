"""Mapping templates that would take for ever, or all memory: what they do is counted, and they are ended."""

from __future__ import annotations

import random

import pytest

from foulweather.services.apigateway.rest import template_work
from foulweather.services.apigateway.rest.java_values import Map
from foulweather.services.apigateway.rest.velocity import Conversions, Input, Template, TemplateFailed


@pytest.fixture(autouse=True)
def less_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds, a part of what they are: it is the counting that is tested."""
    monkeypatch.setattr(template_work, "WORK_MAX", template_work.WORK_MAX // 16)
    monkeypatch.setattr(template_work, "STEPS_MAX", template_work.STEPS_MAX // 4)
    monkeypatch.setattr(template_work, "TEXT_CHARS_MAX", template_work.TEXT_CHARS_MAX // 16)


def merged(text: str, body: str = '{"a": [1]}') -> str:
    variables = {"input": Input(body, lambda: {"header": {}}), "util": Conversions(), "context": Map()}
    return Template(text).merged(variables)


def doubled(step: str, times: int = 23, start: str = "'aaaaaaaaaa'") -> str:
    return f"#set($a = {start})#foreach($i in [1..{times}]){step}#end"


@pytest.mark.parametrize(
    "text",
    [
        doubled("#set($a = $a.concat($a))") + "$a.length()",
        doubled("#set($a = $a.replace('a', $a))", 3) + "$a.length()",
        doubled("#set($a = $a.replaceAll('(a)', $a))", 3) + "$a.length()",
        doubled("#set($a = $a.replaceAll('(.*)', '$1$1'))") + "$a.length()",
        doubled("#set($a = $util.escapeJavaScript($a))", start="'\\\\'"),
        doubled("#set($a = $util.base64Encode($a))", 60),
        doubled('#set($a = "$a$a")'),
        doubled("#set($a = [$a, $a])", start="[1]") + "$a",
        doubled("#set($a = [$a, $a])#set($b = [$b, $b])", start="[1]") + "#if($a == $b)1#end",
        doubled("#set($a = {'x': $a, 'y': $a})", start="{}") + "$a.toString()",
        doubled("#set($ok = $a.addAll($a))", start="[1]") + "$a.size()",
        "#set($a = [])#set($ok = $a.add($a))$a",
        "#set($a = {})$a.put('a', $a)$a",
        "".join(f"#macro(m{i})#m{i + 1}()#m{i + 1}()#end" for i in range(20)) + "#macro(m20)#end#m0()",
        "#foreach($i in [1..1000])#foreach($j in [1..9])" + "#if(1)#end" * 100 + "#end#end",
        "#foreach($i in [1..1000])#set($x = 1" + " + 1" * 400 + ")#end",
        '#set($r = [1..100000])#foreach($i in [1..50])$r.size()#set($x = "$r")#end',
        "#set($t = '#set($x = 1)')#foreach($i in [1..1000])#foreach($j in [1..9])#evaluate($t)#end#end",
        "#foreach($i in [1..1000])#foreach($j in [1..9])#set($x = $input.path('$..*..*..a'))#end#end",
    ],
)
def test_a_template_that_grows_is_ended(text: str) -> None:
    with pytest.raises(TemplateFailed, match=r"too much|longer than|more than|deeper than"):
        merged(text)


def test_a_template_is_read_in_time_that_grows_with_its_length() -> None:
    """Each of these begins something, 20,000 times, that has no end: looked up anew each time, that takes minutes."""
    for begun in ("#[[", "#*", "[[#[["):
        assert merged(begun * 20_000)


def test_what_ordinary_templates_do_is_far_from_the_bounds() -> None:
    body = '{"items": [' + ", ".join(f'{{"id": {i}, "name": "item {i}"}}' for i in range(1_000)) + "]}"
    text = (
        "#set($all = $input.path('$.items'))[#foreach($one in $all){\"id\": $one.id, "
        '"name": "$util.escapeJavaScript($one.name)"}#if($foreach.hasNext),#end#end]'
    )
    assert merged(text, body).count("item ") == 1_000
    assert merged("$util.escapeJavaScript($input.json('$'))", body).count("item ") == 1_000


PIECES = (
    *("#set($a = ", "#foreach($i in ", "#if(", "#end", "#else", "#macro(m $x)", "#m(", "#evaluate(", "#define($d)"),
    *("$a", "$input", ".body", ".path('$..*')", ".json('$')", ".concat($a)", ".split('')", ".add($a)", ".put('a', $a)"),
    *("[1..999]", "[$a, $a]", "{'k': $a}", "'text'", '"$a$a"', "7", "(", ")", "+", "==", "&&", "!", " ", "\n", "\\"),
    *("#*", "*#", "#[[", "]]#", "##", "$!{", "}", "__class__", ".class.forName('os')", "$util.parseJson($a)", "#stop"),
)


@pytest.mark.parametrize("seed", range(40))
def test_a_template_of_any_pieces_ends_in_text_or_in_its_own_failure(seed: int) -> None:
    _try_some(seed, 25)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1_000, 1_100))
def test_templates_of_many_pieces_end_in_text_or_in_their_own_failure(seed: int) -> None:
    _try_some(seed, 100)


def _try_some(seed: int, count: int) -> None:
    rng = random.Random(seed)
    for _ in range(count):
        text = "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 40)))
        try:
            shown = merged(text)
        except TemplateFailed:
            continue
        assert "<class" not in shown, text
        assert " object at 0x" not in shown, text
