"""What targets get: constants, parts of the event, and templates."""

from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws


async def sent(aws: Aws, bridge, **target) -> str:
    queue = bridge.reaching(**target)
    bridge.put({"id": 7, "who": 'An "N"', "list": [1, {"a": "b"}], "on": True})
    await aws.advance(seconds=1)
    (message,) = bridge.received(queue)
    return message["Body"]


async def test_a_constant(aws: Aws, bridge) -> None:
    assert await sent(aws, bridge, Input='{"a":  1}') == '{"a":  1}'


async def test_a_part(aws: Aws, bridge) -> None:
    assert await sent(aws, bridge, InputPath="$.detail.list[1].a") == '"b"'


async def test_a_template_of_json(aws: Aws, bridge) -> None:
    template = (
        '{"id": <id>, "who": <who>, "text": "for <who> (<id>)", "list": <list>, "rule": "<aws.events.rule-name>"}'
    )
    paths = {"id": "$.detail.id", "who": "$.detail.who", "list": "$.detail.list"}
    body = await sent(aws, bridge, InputTransformer={"InputPathsMap": paths, "InputTemplate": template})
    assert json.loads(body) == {
        "id": 7,
        "who": 'An "N"',
        "text": 'for An "N" (7)',
        "list": [1, {"a": "b"}],
        "rule": "orders",
    }


async def test_a_template_of_lines(aws: Aws, bridge) -> None:
    template = '"order <id> of <none>"\n"in <region>"'
    paths = {"id": "$.detail.id", "region": "$.region", "none": "$.detail.none"}
    body = await sent(aws, bridge, InputTransformer={"InputPathsMap": paths, "InputTemplate": template})
    assert body == '"order 7 of "\n"in us-east-1"'


async def test_the_reserved_variables(aws: Aws, bridge) -> None:
    template = '{"rule": <aws.events.rule-arn>, "event": <aws.events.event.json>, "bare": <aws.events.event>}'
    body = json.loads(await sent(aws, bridge, InputTransformer={"InputTemplate": template}))
    assert body["rule"] == f"arn:aws:events:us-east-1:{ACCOUNT}:rule/orders"
    assert body["event"]["detail"]["id"] == 7
    assert "detail" not in body["bare"]


@pytest.mark.parametrize("template", ['{"a": <a>', '{"a": <b>}', "order <a>", '{"a": <a> <a>}'])
def test_a_template_that_is_none_is_refused(aws: Aws, bridge, template: str) -> None:
    with pytest.raises(AwsError) as refused:
        bridge.reaching(InputTransformer={"InputPathsMap": {"a": "$.id"}, "InputTemplate": template})
    assert refused.value.code == "ValidationException"
    assert refused.value.message.startswith("Invalid InputTemplate for target 1 : [")
