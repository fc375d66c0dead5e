from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from joserfc.jwk import ECKey

from foulweather.kernel.http import HttpRequest
from foulweather.kernel.trace import Hop, Traces
from foulweather.kernel.why import Fact, Why
from foulweather.wire.admin.endpoints import ENDPOINTS
from foulweather.wire.app import STREAM, Admission
from foulweather.world.agenda import Due
from wire.admin_client import START_MS, Server

HOUR_MS = 3_600_000


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    yield made
    made.close()


async def lines(stream: AsyncIterator[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) async for chunk in stream for line in chunk.splitlines()]


# --- the door


async def test_an_unknown_path_is_answered_with_the_endpoints_there_are(server: Server) -> None:
    status, told = await server.ask("GET", "nonsense")
    assert status == 404
    assert told["error"]["code"] == "NoSuchEndpoint"
    assert "GET /_foulweather/health" in told["endpoints"]


@pytest.mark.parametrize("path", ["/_foulweather", "/_foulweather/", "/_foulweatherx/health", "/_localstack/other"])
async def test_paths_beside_the_endpoints_are_unknown(server: Server, path: str) -> None:
    assert (await server.ask("GET", path))[0] == 404


async def test_a_method_that_an_endpoint_does_not_take_is_405(server: Server) -> None:
    status, told = await server.ask("PUT", "clock", {})
    assert (status, told["error"]["code"]) == (405, "MethodNotAllowed")
    assert "GET, POST" in told["error"]["message"]


async def test_a_body_that_is_no_json_is_400(server: Server) -> None:
    status, told = await server.ask("POST", "clock", b"{nonsense")
    assert (status, told["error"]["code"]) == (400, "BadJson")


@pytest.mark.parametrize(
    "body",
    [b"[]", b'{"action":"fly"}', b'{"action":"hold","speed":1}', b"{}", b'{"action":7}', b"\xff\xfe", b"[" * 9999],
)
async def test_a_body_of_another_shape_is_400(server: Server, body: bytes) -> None:
    assert (await server.ask("POST", "clock", body))[0] == 400


async def test_a_failure_of_an_endpoint_shows_no_stack(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.cloud, "not_implemented", None)
    status, told = await server.ask("GET", "coverage?service=sqs")
    assert (status, told["error"]["code"]) == (500, "InternalFailure")
    assert "Traceback" not in json.dumps(told)


async def test_a_web_page_of_another_site_is_refused(server: Server) -> None:
    response = await server.raw("POST", "reset", b"{}", Origin="https://evil.example")
    assert response.status == 403


async def test_a_world_that_there_is_not_is_404(server: Server) -> None:
    status, told = await server.ask("GET", "clock?world=other")
    assert (status, told["error"]["code"]) == (404, "NoSuchWorld")


def test_bodies_are_limited_and_snapshots_stream() -> None:
    async def check() -> None:
        server = Server()
        small = server.cloud.admit(HttpRequest("POST", "/_foulweather/clock", "", [("Host", "localhost")]))
        assert isinstance(small, Admission)
        assert small.buffer_bytes_max == 1 << 20
        assert server.cloud.admit(HttpRequest("PUT", "/_foulweather/snapshot", "", [("Host", "localhost")])) is STREAM
        server.close()

    asyncio.run(check())


# --- schema


async def test_the_schema_names_every_endpoint_and_resolves_every_reference(server: Server) -> None:
    told = await server.get("schema")
    assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert len(told["endpoints"]) == len(ENDPOINTS)

    def references(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, each in value.items():
                if key == "$ref":
                    yield each
                else:
                    yield from references(each)
        elif isinstance(value, list):
            for each in value:
                yield from references(each)

    found = set(references(told))
    assert found
    assert all(one.removeprefix("#/$defs/") in told["$defs"] for one in found)


# --- health


async def test_health_tells_the_servers_facts(server: Server) -> None:
    told = await server.get("health")
    assert told["name"] == "foulweather"
    assert told["worlds"] == ["default"]
    assert told["data_directory"] == ""
    assert told["clock"]["now"] == "2026-01-01T00:00:00.000Z"
    assert told["services"] == sorted(told["services"])


async def test_tooling_health_claims_what_is_built_and_no_more(server: Server) -> None:
    told = await server.get("/_localstack/health")
    assert set(told["services"]) == {service.name for service in server.cloud.services.all()}
    assert set(told["services"].values()) <= {"running", "available"}
    assert "s3" not in told["services"] or server.cloud.services.find("s3")


async def test_head_is_a_get_and_there_are_no_init_scripts(server: Server) -> None:
    assert (await server.raw("HEAD", "/_localstack/health")).status == 200
    assert (await server.raw("GET", "/_localstack/init")).status == 404
    assert (await server.raw("HEAD", "/_localstack/init")).status == 404


# --- clock


async def test_a_held_clock_advances_by_a_duration(server: Server) -> None:
    status, told = await server.ask("POST", "clock", {"action": "advance", "by": "3h"})
    assert status == 200
    assert told["now_ms"] == START_MS + 3 * HOUR_MS == server.world.clock.now_ms
    assert told["mode"] == "held"


async def test_advancing_by_milliseconds_and_to_a_time(server: Server) -> None:
    await server.ask("POST", "clock", {"action": "advance", "by": 250})
    assert server.world.clock.now_ms == START_MS + 250
    _, told = await server.ask("POST", "clock", {"action": "set", "to": "2026-01-02T00:00:00Z"})
    assert told["now"] == "2026-01-02T00:00:00.000Z"


async def test_time_never_runs_backwards(server: Server) -> None:
    for change in ({"action": "set", "to": "2025-12-31T23:59:59Z"}, {"action": "advance", "by": -1}):
        status, told = await server.ask("POST", "clock", change)
        assert (status, told["error"]["code"]) == (409, "TimeRunsForward")
    assert server.world.clock.now_ms == START_MS


@pytest.mark.parametrize(
    "change",
    [
        {"action": "advance"},
        {"action": "advance", "by": "3 parsecs"},
        {"action": "advance", "by": "1h", "to": "2027-01-01"},
        {"action": "set", "to": "someday"},
        {"action": "hold", "rate": 2},
        {"action": "release", "rate": 0},
        {"action": "release", "rate": -1},
        {"action": "advance", "by": 1 << 60},
    ],
)
async def test_clock_changes_that_make_no_sense_are_400(server: Server, change: dict[str, object]) -> None:
    assert (await server.ask("POST", "clock", change))[0] == 400
    assert server.world.clock.now_ms == START_MS


async def test_a_paced_clock_jumps_forward_and_stays_paced(server: Server) -> None:
    _, told = await server.ask("POST", "clock", {"action": "release", "rate": 60})
    assert (told["mode"], told["rate"]) == ("paced", 60)
    _, told = await server.ask("POST", "clock", {"action": "advance", "by": "1d"})
    assert told["mode"] == "paced"
    assert told["now_ms"] >= START_MS + 24 * HOUR_MS
    _, told = await server.ask("POST", "clock", {"action": "hold"})
    assert told["mode"] == "held"


async def test_advancing_waits_for_what_falls_due(server: Server) -> None:
    done: list[int] = []

    async def act(due: Due) -> None:
        await asyncio.sleep(0.01)
        done.append(server.world.clock.now_ms)

    server.world.act = act
    server.world.agenda.at(START_MS + HOUR_MS, "x.y", {}, account="", region="")
    server.world.agenda.at(START_MS + 2 * HOUR_MS, "x.y", {}, account="", region="")
    shown = await server.get("clock")
    assert (shown["due"], shown["next_due_ms"]) == (2, START_MS + HOUR_MS)
    await server.ask("POST", "clock", {"action": "advance", "by": "2h"})
    assert done == [START_MS + HOUR_MS, START_MS + 2 * HOUR_MS]


async def test_a_world_is_moved_by_one_at_a_time(server: Server) -> None:
    server.world.started()
    first = asyncio.ensure_future(server.ask("POST", "clock", {"action": "advance", "by": "1h"}))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    status, told = await server.ask("POST", "clock", {"action": "advance", "by": "1h"})
    assert (status, told["error"]["code"]) == (409, "Busy")
    server.world.ended()
    assert (await first)[0] == 200


async def test_a_client_that_goes_does_not_stop_time_half_way(server: Server) -> None:
    server.world.started()
    going = asyncio.ensure_future(server.ask("POST", "clock", {"action": "advance", "by": "1h"}))
    await asyncio.sleep(0.01)
    going.cancel()
    await asyncio.sleep(0)
    server.world.ended()
    await asyncio.sleep(0.01)
    assert server.world.clock.now_ms == START_MS + HOUR_MS
    assert not server.cloud.admin.busy


# --- why


def fail(server: Server, request_id: str, cause: str = "it broke") -> None:
    hop = Hop(
        request_id, request_id, "", "sqs", "SendMessage", "arn:aws:iam::1:root", "1", "us-east-1", START_MS, START_MS
    )
    traces = server.world.state(Traces)
    traces.begin(hop)
    if cause:
        hop.code = "Broken"
        hop.why = Why("failed", cause, (Fact("arn:x", "size", 3),))
        traces.keep(hop)


async def test_nothing_went_wrong_yet_is_404(server: Server) -> None:
    status, told = await server.ask("GET", "why/last")
    assert (status, told["error"]["code"]) == (404, "NothingWentWrong")


async def test_why_last_is_the_latest_failure_and_ids_find_theirs(server: Server) -> None:
    fail(server, "r1", "first")
    fail(server, "r2", "second")
    fail(server, "r3", "")
    assert (await server.get("why/last"))["hops"][0]["why"]["cause"] == "second"
    assert (await server.get("why/r1"))["hops"][0]["why"]["facts"] == [
        {"resource": "arn:x", "property": "size", "value": 3, "set_by": None}
    ]
    assert (await server.get("trace/last"))["trace_id"] == "r3"
    assert (await server.ask("GET", "why/unknown"))[0] == 404


async def test_traces_are_listed_latest_first(server: Server) -> None:
    for name, cause in (("r1", "x"), ("r2", ""), ("r3", "y")):
        fail(server, name, cause)
    told = (await server.get("traces"))["traces"]
    assert [one["trace_id"] for one in told] == ["r3", "r2", "r1"]
    assert [one["trace_id"] for one in (await server.get("traces?limit=1"))["traces"]] == ["r3"]
    wrong = (await server.get("traces?wrong"))["traces"]
    assert [(one["trace_id"], one["code"], one["cause"]) for one in wrong] == [
        ("r3", "Broken", "y"),
        ("r1", "Broken", "x"),
    ]


@pytest.mark.parametrize("query", ["limit=-1", "limit=many", "limit=99999999999", "wrong=perhaps"])
async def test_queries_that_make_no_sense_are_400(server: Server, query: str) -> None:
    assert (await server.ask("GET", f"traces?{query}"))[0] == 400


async def test_a_refused_call_can_be_asked_for_by_its_request_id(server: Server) -> None:
    response = await server.aws("sqs", "NoSuchAction", Version="2012-11-05")
    assert response.status == 400
    told = await server.get("why/last")
    assert told["hops"][0]["code"] == "InvalidAction"


# --- faults


async def test_a_fault_is_made_listed_shown_and_mended(server: Server) -> None:
    status, made = await server.ask(
        "POST", "faults", {"kind": "slow", "service": "sqs", "delay": "2s", "for": "10m", "percent": 30}
    )
    assert status == 201
    assert (made["delay_ms"], made["until_ms"], made["percent"]) == (2000, START_MS + 600_000, 30)
    assert (await server.get("faults"))["faults"] == [made]
    assert await server.get(f"faults/{made['id']}") == made
    assert (await server.ask("DELETE", f"faults/{made['id']}"))[1]["faults"] == [made]
    assert (await server.get("faults"))["faults"] == []
    assert (await server.ask("DELETE", f"faults/{made['id']}"))[0] == 404


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "slow"},
        {"kind": "quota"},
        {"kind": "unavailable", "percent": 0},
        {"kind": "unavailable", "for": "soon"},
        {"kind": "slow", "delay": -5},
        {"kind": "meteor"},
        {"kind": "slow", "delay": "1s", "nonsense": 1},
    ],
)
async def test_faults_that_make_no_sense_are_400(server: Server, fault: dict[str, object]) -> None:
    assert (await server.ask("POST", "faults", fault))[0] == 400
    assert (await server.get("faults"))["faults"] == []


async def test_every_fault_is_mended_at_once(server: Server) -> None:
    for _ in range(2):
        await server.ask("POST", "faults", {"kind": "unavailable"})
    assert len((await server.ask("DELETE", "faults"))[1]["faults"]) == 2
    assert (await server.get("faults"))["faults"] == []


# --- coverage


async def test_coverage_counts_what_was_asked_for_and_is_not_built(server: Server) -> None:
    for _ in range(2):
        assert (await server.aws("ses", "SendEmail", Version="2010-12-01")).status == 501
    told = await server.get("coverage")
    assert told["asked_for"] == {"ses:SendEmail": 2}
    assert "ses" in told["unbuilt"]
    assert {one["service"] for one in told["services"]} == {one.name for one in server.cloud.services.all()}


async def test_coverage_of_one_service_lists_its_operations(server: Server) -> None:
    told = await server.get("coverage?service=ses")
    assert told["unbuilt"] == []
    assert told["services"][0]["built"] == []
    assert "SendEmail" in told["services"][0]["not_built"]
    assert (await server.ask("GET", "coverage?service=nonsense"))[0] == 404


# --- events


def happen(server: Server, kind: str, resource: str = "arn:q") -> None:
    server.world.journal.append(server.world.clock.now_ms, kind, "1", "us-east-1", resource, "me", "r", {"n": 1})


async def test_events_are_lines_filtered_by_kind_resource_and_number(server: Server) -> None:
    for kind, resource in (("a.X", "arn:1"), ("a.Y", "arn:2"), ("b.X", "arn:1")):
        happen(server, kind, resource)
    for query, kinds in (
        ("", ["a.X", "a.Y", "b.X"]),
        ("?kind=a.*", ["a.X", "a.Y"]),
        ("?resource=arn:1", ["a.X", "b.X"]),
        ("?since=2", ["b.X"]),
        ("?limit=1", ["b.X"]),
        ("?limit=0", []),
    ):
        response = await server.raw("GET", f"events{query}")
        assert response.stream is not None
        assert [line["kind"] for line in await lines(response.stream)] == kinds


async def test_a_follower_is_told_what_happens_until_the_server_stops(server: Server) -> None:
    happen(server, "before")
    response = await server.raw("GET", "events?follow")
    assert response.stream is not None
    told = asyncio.ensure_future(lines(response.stream))
    await asyncio.sleep(0)
    happen(server, "after")
    await asyncio.sleep(0.01)
    server.cloud.admin.stop_followers()
    assert [line["kind"] for line in await asyncio.wait_for(told, 2)] == ["before", "after"]
    assert not server.cloud.admin.followers


async def test_a_follower_that_goes_is_forgotten(server: Server) -> None:
    happen(server, "x")
    stream = (await server.raw("GET", "events?follow=true")).stream
    assert stream is not None
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert not server.cloud.admin.followers
    happen(server, "y")


async def test_a_slow_follower_is_told_how_much_it_lost(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foulweather.wire.admin.events.QUEUED_EVENTS_MAX", 2)
    stream = (await server.raw("GET", "events?follow")).stream
    assert stream is not None
    for _ in range(5):
        happen(server, "x")
    server.cloud.admin.stop_followers()
    assert [line.get("lost") for line in await lines(stream)] == [None, None, 3]


# --- hooks


async def test_an_issuers_keys_are_taken_in(server: Server) -> None:
    key = ECKey.generate_key("P-256").as_dict(private=False)
    body = {"issuer": "https://oidc.example.com/id/", "jwks": {"keys": [key]}}
    status, told = await server.ask("POST", "sts/issuers", body)
    assert (status, told) == (201, {"issuer": "oidc.example.com/id", "keys": 1})
    for bad in (
        {"issuer": "", "jwks": {"keys": [{}]}},
        {"issuer": "x", "jwks": {}},
        {"issuer": "x", "jwks": {"keys": []}},
        {"issuer": "x", "jwks": {"keys": [{"kty": "RSA"}]}},
    ):
        assert (await server.ask("POST", "sts/issuers", bad))[0] == 400


async def test_a_certificate_that_no_world_has_is_404(server: Server) -> None:
    assert (await server.ask("GET", "sns/SimpleNotificationService-0123.pem"))[0] == 404


async def test_the_signing_certificate_is_given_out(server: Server) -> None:
    from foulweather.services.sns import signing

    name = signing.certificate_name(server.world)
    response = await server.raw("GET", f"sns/{name}")
    assert response.status == 200
    assert response.body.startswith(b"-----BEGIN CERTIFICATE-----")
