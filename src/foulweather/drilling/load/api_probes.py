"""Requests that a drill sends to an API by itself, to judge by the answers: again and again, each of them by name.

lab.add(Probes(lab, url_of(api), {
    "without a key": Probe("GET", "/orders"),
    "with one": Probe("GET", "/orders", {"x-api-key": KEY}),
}))
answers(lab, since_ms, "without a key")            # what came of that one since
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Any, NamedTuple, cast

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.arrivals import Arrivals, Even, Recorded
from foulweather.drilling.load.client import LoadClient, Made, Request
from foulweather.drilling.load.ledger import Ledger
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway import traffic

NAME = "probes"
SELDOM = Recorded((9_000,), every_ms=7_200_000)
OFTEN = Even(per_min=2)


class Probe(NamedTuple):
    """One request: what is asked below the stage, by whom."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: Any = None
    ip: str = "203.0.113.250"


class Answer(NamedTuple):
    """What came of it."""

    asked_ms: int
    took_ms: int
    status: int
    text: str
    headers: Mapping[str, str]


class _Sender:
    def __init__(self, lab: Lab, url: str) -> None:
        self._pipeline, self._world, self._url = lab.pipeline, lab.world, url

    def send(self, probe: Probe, name: str) -> Awaitable[HttpResponse]:
        path, _, query = probe.path.partition("?")
        headers, body = list(probe.headers.items()), b""
        if probe.body is not None:
            body = probe.body if isinstance(probe.body, bytes) else json.dumps(probe.body).encode()
            headers.append(("Content-Type", "application/json"))
        return self._sent(HttpRequest(probe.method, self._url + path, query, headers, body, peer=probe.ip))

    async def _sent(self, request: HttpRequest) -> HttpResponse:
        self._world.started()
        try:
            with self._world.lent():
                answer = traffic.answer(self._pipeline, request)
                return answer if isinstance(answer, HttpResponse) else await answer
        finally:
            self._world.ended()


class Probes(LoadClient):
    """Asks one probe after the other, seldom in the past and often on the day; nobody sees it, and nobody counts it."""

    RELEASABLE: tuple[str, ...] | None = ()
    IS_OURS = False

    def __init__(self, lab: Lab, url: str, probes: Mapping[str, Probe], arrivals: Arrivals = SELDOM) -> None:
        self.probes = dict(probes)
        self.answers: dict[str, list[Answer]] = {name: [] for name in probes}
        super().__init__(lab, NAME, target=lambda _: _Sender(lab, url), arrivals=arrivals, ledger=Ledger())

    def make(self, n: int, now_ms: int) -> Made | None:
        """The next in turn."""
        names = list(self.probes)
        name = names[n % len(names)]
        return "send", {"probe": self.probes[name], "name": name}, None

    def succeeded(self, request: Request, response: Any) -> None:
        """Keep the answer, whatever its status."""
        answer = cast(HttpResponse, response)
        named = {name.lower(): value for name, value in answer.headers}
        text = answer.body.decode("utf-8", "replace")
        kept = self.answers[request.parameters["name"]]
        kept.append(Answer(request.since_ms, self.lab.now_ms - request.since_ms, answer.status, text, named))
        del kept[:-1000]

    def gave_up(self, request: Request, error: AwsError | None) -> None:
        """Nothing that answers a request raises."""
        raise error or TimeoutError


def probes(lab: Lab) -> Probes:
    """The probes of a lab."""
    found = lab.app(NAME)
    assert isinstance(found, Probes)
    return found


def hurry(lab: Lab) -> None:
    """Probe often from now on: the day of the incident has come."""
    probes(lab).arrive(OFTEN)


def answers(lab: Lab, since_ms: int, name: str) -> list[Answer]:
    """The answers to one probe since a time."""
    return [answer for answer in probes(lab).answers[name] if answer.asked_ms > since_ms]


def since(lab: Lab) -> int:
    """Since when a check judges: the mend, or in the healthy past a day."""
    return lab.settling_since(lab.now_ms - 24 * 60 * MINUTE_MS)


def unexpected(lab: Lab, since_ms: int, name: str, status: int, cause: str, text: str = "") -> Why | None:
    """Why a probe is not answered as it should be since a time: another status, or another text in it; or not at all.

    `cause` has a `{}` for what came instead.
    """
    found = answers(lab, since_ms, name)
    if not found:
        return unmended(f"Nothing has been answered: {name}.", Fact(NAME, name, None))
    for answer in found:
        if answer.status != status or text not in answer.text:
            told = f"{answer.status} {answer.text}"
            return unmended(cause.format(told), Fact(NAME, name, told))
    return None
