"""What a mapping template may do, and what it may not: it is somebody else's text, and runs in the server."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.services.apigateway.rest.java_values import Map
from foulweather.services.apigateway.rest.velocity import Conversions, Input, Template, TemplateFailed

BODY = '{"text": "a,b,,c,", "items": [3, 4], "flag": false, "map": {"k": 1}}'


def merged(text: str, **more: Any) -> str:
    variables = {"input": Input(BODY, lambda: {"header": {}}), "util": Conversions(), "context": Map(), **more}
    return Template(text).merged(variables)


@pytest.mark.parametrize(
    "reference",
    [
        "$input.__class__",
        "$input.json.__globals__",
        "$input._parameters",
        "$input.json",
        "$input._found('$')",
        "$util.parseJson('1').__class__.__mro__",
        "$util.base64Encode.__func__",
        "$input.body.__class__.__base__.__subclasses__()",
        "$input.body.format($util)",
        "$input.body.format_map($input)",
        "$input.path('$.items').__class__",
        "$input.path('$.items').append.__self__",
        "$input.path('$.items').sort()",
        "$input.path('$.map').__class__",
        "$input.path('$.map').update.__self__.__class__",
        "$input.path('$.map').keySet.__globals__",
        "$context.__class__.__init__",
        "$input.OPEN_TO_TEMPLATES",
    ],
)
def test_nothing_of_python_shows_beneath_a_value(reference: str) -> None:
    shown = merged(reference)
    assert shown in ("", reference), shown
    assert merged(f"#set($x = {reference})$!x") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#set($x = true)$x #set($y = 1 == 2)$y", "true false"),
        ("$input.path('$.flag') #if(!$input.path('$.flag'))no#end", "false no"),
        ("#foreach($part in $input.path('$.text').split(','))[$part]#end", "[a][b][][c]"),
        ("$input.path('$.text').replaceAll('([a-c]),', '$1;')", "a;b;,c;"),
        ("$input.path('$.text').matches('[a-c,]+') $input.path('$.text').matches('a')", "true false"),
        ("#set($i = 7 / 2)$i #set($j = -7 / 2)$j #set($k = 7 % 4)$k", "3 -3 3"),
        ("#set($s = 'n' + 1)$s", "n1"),
        ("#set($m = {'a': 1})#set($m.b = 2)$m.a$m.b $m.size() $m.keySet()", "12 2 [a, b]"),
        ("#set($l = [1, 2])#set($ok = $l.add(3))$l.size() $l.get(2) $l[0]", "3 3 1"),
        ("#foreach($v in $input.path('$.map'))$v#end", "1"),
        ("#foreach($i in [1..3])$foreach.count/$i #end", "1/1 2/2 3/3 "),
        ("#macro(twice $x)$x$x#end#twice('ab')", "abab"),
        ("#set($l = [1, 'b'])$l #set($r = [1..3])$r $input.path('$.items')", "[1, b] [1, 2, 3] [3,4]"),
        ("#set($m = {})#set($m.Access-Control-Allow-Origin = '*')$m.Access-Control-Allow-Origin", "*"),
        ("#set($m = {})#set($m['a.b'] = 1)#set($m[\"c\"] = 2)$m['a.b']$m.c #set($l = [0])#set($l[0] = 5)$l[0]", "12 5"),
        ("#set(${x} = 1)$x", "1"),
        ("#[[ $raw #if ]]#.", " $raw #if ."),
        ("#set($z = 5 / 0)$z #set($y = 1)#set($y = $nothing)$y #set($k = -7 % 4)$k", "$z 1 -3"),
        ("#set($a = 1)#set($b = 2)$a-$b", "1-2"),
    ],
)
def test_values_are_javas(text: str, expected: str) -> None:
    assert merged(text) == expected


def test_a_loop_ends_after_a_thousand_rounds() -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""
    assert len(merged("#foreach($i in [1..5000])x#end")) == 1000


@pytest.mark.parametrize(
    "text",
    [
        "#foreach($i in [1..1000])#foreach($j in [1..1000])#set($x = $j)#end#end",
        "#set($x = 'xxxxxxxxxx')" + '#set($x = "$x$x$x$x$x$x$x$x$x$x")' * 9 + "$x",
        "#set($x = 'xxxxxxxxxx')" + "#set($x = $x + $x)" * 30,
        "#set($x = 99999999)" + "#set($x = $x * $x)" * 40,
        "#macro(again)#again()#end#again()",
        "#set($x = 'a' * 1000000000)",
        "$input.body.matches('(a')",
        '#evaluate("#foreach($i in [1..1000])' + "#foreach($j in [1..1000])$j#end" + '#end")',
    ],
)
def test_what_would_not_end_fails(text: str) -> None:
    with pytest.raises(TemplateFailed):
        merged(text)


def test_a_regular_expression_takes_no_more_than_linear_time() -> None:
    assert merged("$x.matches('(a+)+$')", x="a" * 5000 + "b") == "false"


PIECES = """$ # { } ( ) ' " input . json set foreach if end in = x $x [ ] 1 .. ! \\ __class__ macro #end | , #set($x="""


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*PIECES.split(" "), " ", "\n"]), max_size=25))
def test_any_text_gives_a_text_or_fails_as_a_template(parts: list[str]) -> None:
    with contextlib.suppress(TemplateFailed):
        assert isinstance(merged("".join(parts)), str)
