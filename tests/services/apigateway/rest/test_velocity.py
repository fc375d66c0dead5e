"""Mapping templates: what API Gateway puts into Velocity."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.services.apigateway.rest import velocity_engine
from foulweather.services.apigateway.rest.java_values import Map
from foulweather.services.apigateway.rest.velocity import Conversions, Input, Template, TemplateFailed, template

PARAMETERS = {"path": {"id": "7"}, "querystring": {"q": "a b", "id": "query"}, "header": {"X-One": "1"}}
BODY = '{"name": "Ann \\"A\\"", "n": 1, "flag": true, "none": null, "items": [{"a": 1}, {"a": 2}], "o": {"x": "y"}}'


def merged(text: str, body: str = BODY, **more: Any) -> str:
    variables = {"input": Input(body, lambda: PARAMETERS), "util": Conversions(), "context": Map(stage="prod"), **more}
    return Template(text).merged(variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$input.body", BODY),
        ("$input.json('$.name')", '"Ann \\"A\\""'),
        ("$input.json('$')", json.dumps(json.loads(BODY), separators=(",", ":"))),
        ("$input.json('$.items[*].a')", "[1,2]"),
        ("$input.json('$.nothing')", '""'),
        ("$input.path('$.items[1].a')", "2"),
        ("$input.path('$.nothing')", ""),
        ("$input.path('$.flag')", "true"),
        ("$input.path('$.o')", "{x=y}"),
        ("$input.path('$.items').size()", "2"),
        ("$input.params('id') $input.params('q') $input.params('x-one')", "7 a b 1"),
        ("$input.params('nobody')", ""),
        ("$input.params().path.get('id')", "7"),
        ("$input.params('path').get('id')", "7"),
        ("$context.stage $context.nothing.", "prod ."),
        ("$util.escapeJavaScript($input.path('$.name'))", 'Ann \\"A\\"'),
        ("$util.urlEncode('a b&c')", "a+b%26c"),
        ("$util.base64Encode('hello')$util.base64Decode('aGVsbG8=')", "aGVsbG8=hello"),
        ("$util.parseJson('{\"a\": [1]}').a[0]", "1"),
        ("#set($x = $input.path('$.n'))#if($x == 1)one#{else}other#end", "one"),
        ("#if($input.path('$.nothing'))yes#{else}no#end", "no"),
        ("#foreach($i in $input.path('$.items'))$i.a#if($foreach.hasNext),#end#end", "1,2"),
        (
            "#foreach($p in $input.params().querystring.keySet())$p=$input.params().querystring.get($p);#end",
            "q=a b;id=query;",
        ),
    ],
)
def test_a_template_gives(text: str, expected: str) -> None:
    assert merged(text) == expected


def test_overrides_are_set_by_templates() -> None:
    override = Map(requestOverride=Map(header=Map(), path=Map(), querystring=Map()), responseOverride=Map(header=Map()))
    text = "#set($context.requestOverride.header.x = 'y')#set($context.responseOverride.status = 404)done"
    assert merged(text, context=override) == "done"
    assert override["requestOverride"]["header"] == {"x": "y"}
    assert override["responseOverride"]["status"] == 404


@pytest.mark.parametrize("text", ["#if($x)", "#foreach($i in 7)$i#end", "$util.parseJson('{')", "#set("])
def test_a_template_that_goes_wrong_says_so(text: str) -> None:
    with pytest.raises(TemplateFailed):
        merged(text)


def test_a_template_is_compiled_once_however_often_it_is_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, read = velocity_engine.engine(), list[str]()
    compiled = reader.compiled
    monkeypatch.setattr(reader, "compiled", lambda text: (read.append(text), compiled(text))[1])
    text = '{"once": "$input.path(\'$.name\')"}'
    for _ in range(3):
        assert template(text).merged({"input": Input('{"name": "Ann"}', dict)}) == '{"once": "Ann"}'
    assert read == [text]
