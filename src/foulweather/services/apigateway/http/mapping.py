"""Parameter mapping: what of a request is changed before it goes on, and of an answer before it goes back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, quote_plus

from foulweather.kernel.http import HttpResponse
from foulweather.services.apigateway.http.expressions import Answered
from foulweather.services.apigateway.http.plans import Change
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest.translating import clean

Pairs = list[tuple[str, str]]


class Outgoing:
    """A request on its way to a backend."""

    def __init__(self, visit: Visit, headers: Pairs) -> None:
        self.headers = headers
        self.query: dict[str, list[str]] = {name: list(values) for name, values in visit.query.items()}
        self.path: str | None = None
        """A path that takes the place of the backend's."""

    def query_string(self) -> str:
        """The parameters, encoded."""
        pairs = ((name, value) for name, values in self.query.items() for value in values)
        return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)


def change_request(visit: Visit, changes: Sequence[Change], outgoing: Outgoing) -> None:
    """Change a request as an integration says; what is not there to be mapped changes nothing."""
    for how, place, name, expression in changes:
        value = "" if how == "remove" else expression.value(visit)
        if value is None:
            continue
        if place == "path":
            outgoing.path = quote(value, errors="replace", safe="/%:@!$&'()*+,;=~-._")
        elif place == "header":
            outgoing.headers = _changed(outgoing.headers, how, name, value)
        elif how == "remove":
            outgoing.query.pop(name, None)
        elif how == "overwrite":
            outgoing.query[name] = [value]
        else:
            outgoing.query.setdefault(name, []).append(value)


def change_response(visit: Visit, changes: Sequence[Change], response: HttpResponse) -> None:
    """Change an answer as an integration says for its status."""
    headers: dict[str, str] = {}
    for name, value in response.headers:
        lower = name.lower()
        headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    answer = Answered(headers, response.body)
    for how, place, name, expression in changes:
        value = "" if how == "remove" else expression.value(visit, answer)
        if value is None:
            continue
        if place == "statuscode":
            if value.isascii() and value.isdecimal() and 200 <= int(value) <= 599:
                response.status = int(value)
        else:
            response.headers = _changed(response.headers, how, name, value)


def _changed(headers: Pairs, how: str, name: str, value: str) -> Pairs:
    if how != "append":
        headers = [pair for pair in headers if pair[0].lower() != name.lower()]
    return headers if how == "remove" else [*headers, (name, clean(value))]
