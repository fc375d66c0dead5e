"""From names, ARNs and selectors to parameters and their versions.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html#sysman-parameter-name-constraints
"""

from __future__ import annotations

from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.service import Resource
from foulweather.services.ssm import limits, public, refusals
from foulweather.services.ssm.state import Parameter, SsmState, Version, arn_of

PUBLIC = "/aws/service"
REFERENCE = "/aws/reference/secretsmanager/"


class Place(NamedTuple):
    """What a text names: the parameter if it is there, else what its ARN would be; and the selector after it."""

    parameter: Parameter | None
    account: str
    name: str
    arn: str
    selector: str = ""


def named(call: Call, text: str) -> Place:
    """What a name or an ARN names in the call's Region; `:3` and `:label` after it select a version."""
    text = text.strip()
    account, region, rest = call.account, call.region, text
    if text.startswith("arn:"):
        parts = text.split(":", 5)
        if len(parts) < 6 or not parts[5].startswith("parameter/"):
            return Place(None, account, text, text)
        region, account, rest = parts[3], parts[4] or call.account, parts[5].removeprefix("parameter")
    rest, _, selector = rest.partition(":")
    parameters = call.state(SsmState, account).parameters
    parameter = parameters.get(rest)
    if parameter is None and text.startswith("arn:"):
        parameter = parameters.get(rest.removeprefix("/"))
    if region != call.region:
        parameter = None
    arn = parameter.arn if parameter is not None else arn_of(account, region, rest)
    return Place(parameter, account, rest, arn, f":{selector}" if selector else "")


def require(call: Call, text: str) -> tuple[SsmState, Parameter]:
    """The parameter that a name or an ARN names."""
    place = named(call, text)
    check_kept_here(call, place.name)
    if place.parameter is None:
        limits.check_readable(place.name)
        raise refusals.no_such_parameter(place.name)
    return call.state(SsmState, place.account), place.parameter


def check_kept_here(call: Call, name: str) -> None:
    """Refuse the parameters that AWS publishes, such as AMI ids: they are not built."""
    if name == PUBLIC or name.startswith(f"{PUBLIC}/"):
        raise not_implemented("ssm", f"{call.operation}.Name={PUBLIC}/... (public parameters)")


def selected(state: SsmState, parameter: Parameter, selector: str) -> Version:
    """The version that `:3` or `:label` selects; the latest without one."""
    wanted = selector.removeprefix(":")
    if not wanted:
        return state.latest(parameter)
    if wanted.isdecimal():
        version = state.versions_of(parameter).get(int(wanted))
    else:
        version = state.labeled(parameter, wanted)
    if version is None:
        raise refusals.no_such_version(parameter.name, wanted)
    return version


def resource(call: Call, text: str) -> Resource:
    """What a text names, as authorization sees it; what AWS publishes belongs to no account."""
    place = named(call, text)
    if place.name.startswith(f"{PUBLIC}/"):
        return Resource(public.arn_of(call.region, place.name), call.account)
    if place.parameter is None:
        return Resource(place.arn, place.account)
    return call.state(SsmState, place.account).resource_of(place.parameter)
