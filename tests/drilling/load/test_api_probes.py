"""HTTP servers of a lab, and probes of its APIs: by the world's clock, without a socket."""

from __future__ import annotations

import pytest

from drilling.load.labs import new_lab, pass_ms
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.api_probes import Probe, Probes, answers, unexpected
from foulweather.drilling.load.apis import rest_api, url_of
from foulweather.drilling.load.backends import Asking, Backend, Reply, to_backend

HOST = "stock.example.com"


class Stock(Backend):
    """Tells what it was asked."""

    def answer(self, asked: Asking) -> Reply:
        return Reply(203, {"path": asked.path, "query": asked.query, "by": asked.method}, {"X-Left": "3"})


def probed(lab: Lab, scheme: str = "http", **settings: str) -> Stock:
    stock = Stock(lab, "stock", host=HOST, **settings)
    lab.add(stock)
    api = rest_api(lab, "stock", {"/stock": {"get": to_backend(f"{scheme}://{HOST}/left")}})
    lab.add(Probes(lab, url_of(api), {"a look": Probe("GET", "/stock?of=chairs")}, Even(per_min=60)))
    return stock


async def test_a_backend_answers_the_integration_that_names_it_when_its_time_has_passed() -> None:
    lab = new_lab()
    stock = probed(lab, answer_ms="70")
    await pass_ms(lab, 1_500)
    (answer,) = answers(lab, 0, "a look")
    assert (answer.status, answer.took_ms, answer.headers["x-left"]) == (203, 70, "3")
    assert answer.text == '{"path": "/left", "query": "of=chairs", "by": "GET"}'
    assert stock.asked == 1


@pytest.mark.parametrize(
    ("scheme", "settings", "status", "took_ms"),
    [
        ("http", {"answer_ms": "40000"}, 504, 29_000),
        ("http", {"port": "dropped"}, 504, 29_000),
        ("http", {"port": "closed"}, 504, 0),
        ("https", {"certificate": "expired"}, 502, 0),
        ("https", {"certificate": "other-name"}, 502, 0),
        ("http", {"certificate": "expired"}, 203, 40),
    ],
)
async def test_what_is_wrong_with_a_backend_shows_as_api_gateway_shows_it(
    scheme: str, settings: dict[str, str], status: int, took_ms: int
) -> None:
    lab = new_lab()
    probed(lab, scheme, **settings)
    await pass_ms(lab, 32_000)
    first = answers(lab, 0, "a look")[0]
    assert (first.status, first.took_ms) == (status, took_ms)


async def test_an_unexpected_answer_is_told_and_so_is_none() -> None:
    lab = new_lab()
    probed(lab)
    none = unexpected(lab, 0, "a look", 203, "{}")
    assert none is not None
    assert "Nothing has been answered" in none.cause
    await pass_ms(lab, 2_500)
    assert unexpected(lab, 0, "a look", 203, "{}", "chairs") is None
    wrong = unexpected(lab, 0, "a look", 404, "it was {}")
    assert wrong is not None
    assert wrong.cause.startswith("it was 203")
