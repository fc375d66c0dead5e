"""From a function's name, partial ARN or ARN, with or without a qualifier, to the function and what of it is meant."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import refusals
from foulweather.services.lambda_.records import LATEST, Alias, Configuration, Function
from foulweather.services.lambda_.state import LambdaState

_NAMED = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?"
    r"([a-zA-Z0-9-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
SHARES = 1 << 30
"""How finely an alias's weights divide its invocations."""


class Place(NamedTuple):
    """Which function a text names; `qualifier` is empty where there is none."""

    account: str
    region: str
    name: str
    qualifier: str

    @property
    def function_arn(self) -> str:
        """The function's ARN, without a qualifier."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def arn(self) -> str:
        """The ARN with its qualifier."""
        return f"{self.function_arn}:{self.qualifier}" if self.qualifier else self.function_arn


class Reference(NamedTuple):
    """What a request means: a function, one version's configuration, and the qualifier that it was asked by."""

    function: Function
    configuration: Configuration
    qualifier: str

    @property
    def arn(self) -> str:
        """The ARN with the qualifier that it was asked by."""
        return self.function.qualified(self.qualifier)


def place(call: Call, named: str, qualifier: str | None = None) -> Place:
    """The parts of a function's name; `qualifier` is the request's own."""
    parts = _parts(named)
    if parts is None:
        return Place(call.account, call.region, named, qualifier or "")
    region, account, name, derived = parts
    if derived and qualifier and derived != qualifier:
        raise refusals.invalid(
            "The derived qualifier from the function name does not match the specified qualifier.",
            Fact("request", "FunctionName", named),
            Fact("request", "Qualifier", qualifier),
        )
    return Place(account or call.account, region or call.region, name, qualifier or derived or "")


@lru_cache(maxsize=4096)
def _parts(named: str) -> tuple[str | None, str | None, str, str | None] | None:
    found = _NAMED.fullmatch(named)
    return None if found is None else (found[1], found[2], found[3], found[4])


def find(call: Call, at: Place) -> Function | None:
    """The function at a place."""
    return call.state(LambdaState, at.account, at.region).functions.get(at.name)


def located(call: Call, named: str, qualifier: str | None = None) -> tuple[Place, Function]:
    """The place that a request names, and the function there; nothing is said of its qualifier yet."""
    at = place(call, named, qualifier)
    if at.region != call.region:
        raise refusals.not_found(
            f"Functions from '{at.region}' are not reachable in this region ('{call.region}')",
            Fact("request", "FunctionName", named),
            remedy=(f"Ask the endpoint of {at.region}.",),
        )
    function = find(call, at)
    if function is None:
        raise refusals.no_such_function(at.arn)
    return at, function


def unqualified(call: Call, named: str) -> tuple[LambdaState, Function]:
    """The function that a request names, for what belongs to all of it: a qualifier is refused."""
    at, function = located(call, named)
    if at.qualifier and at.qualifier != LATEST:
        raise refusals.invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
            "operation. Please specify either a function name or an unqualified function ARN.",
            Fact("request", "FunctionName", named),
        )
    return call.state(LambdaState, at.account), function


def version_of(function: Function, qualifier: str) -> str:
    """The version that a qualifier means, its alias's first one; empty where there is none of that name."""
    if not qualifier or qualifier == LATEST:
        return LATEST
    alias = function.aliases.get(qualifier)
    version = alias.version if alias is not None else qualifier
    return version if version in function.versions or version == LATEST else ""


def described(call: Call, named: str, qualifier: str | None = None) -> Reference:
    """What a request that reads or sets means: an alias is its first version."""
    at, function = located(call, named, qualifier)
    version = version_of(function, at.qualifier)
    configuration = function.configuration(version) if version else None
    if configuration is None:
        raise refusals.no_such_function(at.arn)
    return Reference(function, configuration, at.qualifier)


def resolve(call: Call, named: str, qualifier: str | None = None) -> Reference:
    """What an invocation means: an alias gives one of its versions by their weights, `$LATEST` what is in service."""
    found = described(call, named, qualifier)
    function = found.function
    alias = function.aliases.get(found.qualifier)
    if alias is not None and alias.weights:
        configuration = function.configuration(_drawn(call, alias))
        if configuration is not None:
            return found._replace(configuration=configuration)
    if found.configuration is function.latest:
        return found._replace(configuration=function.serving)
    return found


def require_alias(function: Function, name: str) -> Alias:
    """An alias by name."""
    alias = function.aliases.get(name)
    if alias is None:
        arn = function.qualified(name)
        raise refusals.not_found(f"Cannot find alias arn: {arn}", Fact(arn, "exists", False))
    return alias


def require_settled(call: Call, function: Function) -> None:
    """Refuse to change what is being made or updated."""
    latest = function.latest
    if latest.state in ("Pending", "Failed"):
        raise refusals.not_ready(call, function, latest)
    if latest.update_status == "InProgress":
        raise refusals.being_updated(call, function)


def require_revision(function: Function, asked: str | None, now: str, operation: str = "GetFunction/GetAlias") -> None:
    """Refuse a change to something that somebody else has changed meanwhile."""
    if asked and asked != now:
        raise refusals.stale_revision(function.arn, asked, now, operation)


def _drawn(call: Call, alias: Alias) -> str:
    """An alias's second version as often as its weight says, or else its first.

    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    drawn = call.world.random.randrange(SHARES)
    for version, weight in alias.weights.items():
        drawn -= int(weight * SHARES)
        if drawn < 0:
            return version
    return alias.version
