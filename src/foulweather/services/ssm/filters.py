"""Filters of DescribeParameters and GetParametersByPath.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foulweather.services.ssm import refusals
from foulweather.services.ssm.state import Parameter, SsmState, Version

Passes = Callable[[Parameter, Version], bool]
_BY_PATH = ("Type", "KeyId", "Label")


def described(request: Mapping[str, Any]) -> list[Passes]:
    """The filters of DescribeParameters, old (`Filters`) or new (`ParameterFilters`)."""
    old: Sequence[Mapping[str, Any]] = request.get("Filters") or ()
    new: Sequence[Mapping[str, Any]] = request.get("ParameterFilters") or ()
    if old and new:
        raise refusals.invalid("You can use either Filters or ParameterFilters in a single request.")
    found = [_checked(each["Key"], "BeginsWith", each["Values"]) for each in old]
    for each in new:
        key: str = each["Key"]
        if key == "Label":
            raise refusals.refused("InvalidFilterKey", f"The specified key isn't valid: {key}.", Key=key)
        found.append(_checked(key, each.get("Option") or ("OneLevel" if key == "Path" else "Equals"), _values(each)))
    return found


def by_path(state: SsmState, request: Mapping[str, Any]) -> tuple[list[Passes], list[str]]:
    """The filters of GetParametersByPath, and the labels of which a version must have one."""
    found: list[Passes] = []
    labels: list[str] = []
    for each in request.get("ParameterFilters") or ():
        key, option = each["Key"], each.get("Option") or "Equals"
        if key not in _BY_PATH:
            raise refusals.refused("InvalidFilterKey", f"The specified key isn't valid: {key}.", Key=key)
        if key != "Label":
            found.append(_checked(key, option, _values(each)))
        elif option == "Equals":
            labels += _values(each)
        else:
            raise _bad_option(key, option)
    return found, labels


def is_under(name: str, path: str, *, recursive: bool) -> bool:
    """Whether a parameter is in a hierarchy: right below its path, or anywhere below."""
    full = name if name.startswith("/") else f"/{name}"
    start = path if path.endswith("/") else f"{path}/"
    return full.startswith(start) and (recursive or "/" not in full[len(start) :])


def _checked(key: str, option: str, values: Sequence[str]) -> Passes:
    if key == "Path":
        if option not in ("Recursive", "OneLevel"):
            raise _bad_option(key, option)
        recursive = option == "Recursive"
        return lambda parameter, _: any(is_under(parameter.name, path, recursive=recursive) for path in values)
    if option not in ("Equals", "BeginsWith") and not (option == "Contains" and key == "Name"):
        raise _bad_option(key, option)
    if key.startswith("tag:"):
        tag = key[4:]
        return lambda parameter, _: tag in parameter.tags and (not values or _fits(parameter.tags[tag], option, values))
    if not values:
        raise refusals.refused("InvalidFilterValue", "The filter value isn't valid. Verify the value and try again.")
    match key:
        case "Name":
            wanted = [value.removeprefix("/") for value in values] if option != "Contains" else values
            return lambda parameter, _: _fits(
                parameter.name if option == "Contains" else parameter.name.removeprefix("/"), option, wanted
            )
        case "Type":
            return lambda _, version: _fits(version.type, option, values)
        case "KeyId":
            return lambda _, version: bool(version.key) and _fits(version.key, option, values)
        case "Tier":
            return lambda _, version: _fits(version.tier, option, values)
        case _:
            return lambda _, version: _fits(version.data_type, option, values)


def _fits(held: str, option: str, values: Sequence[str]) -> bool:
    if option == "Equals":
        return held in values
    if option == "Contains":
        return any(value in held for value in values)
    return held.startswith(tuple(values))


def _values(given: Mapping[str, Any]) -> list[str]:
    return list(given.get("Values") or ())


def _bad_option(key: str, option: str) -> Exception:
    return refusals.refused(
        "InvalidFilterOption",
        f"The specified filter option isn't valid: {option}. Valid options are Equals and BeginsWith. For Path filter, "
        "valid options are Recursive and OneLevel.",
        Key=key,
        Option=option,
    )
