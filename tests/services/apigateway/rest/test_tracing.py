"""A stage that is traced: who decides, whose header it is, and the segment of a visit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel import tracing
from services.apigateway.rest.served import Web, header, method

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
TRACED = {"tracingEnabled": True}


def segments(web: Web) -> list[dict[str, Any]]:
    return [json.loads(event.facts["document"]) for event in web.aws.events("apigateway.Traced")]


@pytest.mark.parametrize(
    ("given", "stage", "count"),
    [
        ("", TRACED, 1),
        ("", {}, 0),
        (f"Root={TRACE};Sampled=1", {}, 0),
        (f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1", TRACED, 1),
        (f"Root={TRACE};Sampled=0", TRACED, 0),
        (f"Root={TRACE}", TRACED, 1),
        ("nonsense", TRACED, 1),
    ],
)
async def test_a_stage_decides_what_nobody_has_decided(web: Web, given: str, stage: dict[str, Any], count: int) -> None:
    web.api({"/": {"GET": method()}}, stage)
    response = await web.ask(headers={"X-Amzn-Trace-Id": given} if given else {})
    assert response.status == 200
    found = segments(web)
    assert len(found) == count
    if found and given.startswith("Root="):
        assert found[0]["trace_id"] == TRACE
        assert found[0].get("parent_id", "") == ("53995c3f42cd8ad8" if "Parent" in given else "")


async def test_the_header_of_the_answer_is_that_of_the_segment(web: Web) -> None:
    web.api({"/": {"GET": method({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://127.0.0.1:1/x"})}}, TRACED)
    response = await web.ask()
    (found,) = segments(web)
    told = tracing.read(header(response, "x-amzn-trace-id")) if header(response, "x-amzn-trace-id") else None
    assert told is None or (told.root, told.parent) == (found["trace_id"], found["id"])
    assert found["http"]["response"]["status"] == response.status
    assert found["fault"] is True
    (remote,) = found["subsegments"]
    assert (remote["namespace"], remote["http"]["request"]["url"]) == ("remote", "http://127.0.0.1:1/x")


async def test_what_is_refused_before_its_integration_has_a_segment_too(web: Web) -> None:
    web.api({"/": {"GET": method()}}, TRACED)
    response = await web.ask(path="/nowhere")
    (found,) = segments(web)
    assert (found["http"]["response"]["status"], found["error"]) == (response.status, True)
