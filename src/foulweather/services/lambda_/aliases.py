"""Aliases: names for a version, or for two with weights.

https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import naming, paging, refusals, settling
from foulweather.services.lambda_.records import LATEST, Alias, Function

Request = Mapping[str, Any]


def create_alias(call: Call, request: Request) -> dict[str, Any]:
    """Give a version a name."""
    state, function = naming.unqualified(call, request["FunctionName"])
    name, arn = request["Name"], function.qualified(request["Name"])
    if name in function.aliases:
        raise refusals.conflict(f"Alias already exists: {arn}", call.fact(arn, "exists", True))
    alias = Alias(
        name=name,
        version=_existing(function, request["FunctionVersion"]),
        description=request.get("Description") or "",
        revision_id=call.world.ids.uuid(),
    )
    alias.weights = _weights(function, alias.version, request.get("RoutingConfig") or {})
    function.aliases[name] = alias
    state.functions.touch(function.name)
    return _changed(call, function, alias)


def update_alias(call: Call, request: Request) -> dict[str, Any]:
    """Let an alias name another version, or share its invocations out otherwise."""
    state, function = naming.unqualified(call, request["FunctionName"])
    alias = naming.require_alias(function, request["Name"])
    naming.require_revision(function, request.get("RevisionId"), alias.revision_id)
    version = _existing(function, request["FunctionVersion"]) if "FunctionVersion" in request else alias.version
    weights = alias.weights
    if "RoutingConfig" in request:
        weights = _weights(function, version, request["RoutingConfig"] or {})
    elif version in weights:
        raise _already_weighted(version)
    if weights and alias.name in function.provisioned:
        raise refusals.invalid(
            "Alias with weights can not be used with Provisioned Concurrency",
            call.fact(function.qualified(alias.name), "ProvisionedConcurrentExecutions", True),
        )
    provisioned = function.provisioned.get(alias.name)
    if provisioned is not None and version != alias.version:
        # "Lambda provisions for the new version": none of the old one's environments runs it.
        settling.begin_provisioning(call, function, alias.name, provisioned.requested, 0)
    alias.version, alias.weights = version, weights
    alias.description = request.get("Description", alias.description)
    alias.revision_id = call.world.ids.uuid()
    state.functions.touch(function.name)
    return _changed(call, function, alias)


def get_alias(call: Call, request: Request) -> dict[str, Any]:
    """What an alias names."""
    _, function = naming.unqualified(call, request["FunctionName"])
    return _told(function, naming.require_alias(function, request["Name"]))


def list_aliases(call: Call, request: Request) -> dict[str, Any]:
    """A function's aliases, or those that name a version."""
    _, function = naming.unqualified(call, request["FunctionName"])
    version = request.get("FunctionVersion")
    every = [function.aliases[name] for name in sorted(function.aliases)]
    if version:
        every = [alias for alias in every if version in (alias.version, *alias.weights)]
    shown, more = paging.page(every, lambda alias: alias.name, request)
    return {"Aliases": [_told(function, alias) for alias in shown], **more}


def delete_alias(call: Call, request: Request) -> None:
    """Take a name away, with the permissions and settings that hang on it; one that is not there does not matter."""
    state, function = naming.unqualified(call, request["FunctionName"])
    name = request["Name"]
    if name not in function.aliases:
        return
    if name in function.provisioned:
        raise refusals.conflict(
            "Alias can not be deleted while it has Provisioned Concurrency configuration",
            call.fact(function.qualified(name), "ProvisionedConcurrentExecutions", True),
            remedy=(
                f"aws lambda delete-provisioned-concurrency-config --function-name {function.name} --qualifier {name}",
            ),
        )
    del function.aliases[name]
    for held in (function.policies, function.policy_revisions, function.urls, function.async_configs):
        held.pop(name, None)
    state.functions.touch(function.name)
    call.changed("lambda.AliasDeleted", function.qualified(name), exists=False)


def _existing(function: Function, version: str) -> str:
    if version != LATEST and version not in function.versions:
        raise refusals.no_such_function(function.qualified(version))
    return version


def _weights(function: Function, version: str, routing: Mapping[str, Any]) -> dict[str, float]:
    """A second version's share: of a published version, beside a published one."""
    weights: dict[str, float] = dict(routing.get("AdditionalVersionWeights") or {})
    if len(weights) > 1:
        raise refusals.invalid(
            "Number of items in AdditionalVersionWeights cannot be greater than 1.",
            Fact("request", "RoutingConfig.AdditionalVersionWeights", weights),
        )
    for other in weights:
        if version == LATEST:
            raise refusals.invalid(
                "$LATEST is not supported for an alias pointing to more than 1 version",
                Fact("request", "FunctionVersion", version),
            )
        if other == version:
            raise _already_weighted(version)
        _existing(function, other)
        _require_alike(function, version, other)
    return weights


def _require_alike(function: Function, version: str, other: str) -> None:
    """Versions that share invocations "must have the same execution role", and the same dead-letter queue or none."""
    both = function.versions[version], function.versions[other]
    for property_, values, words in (
        ("Role", [each.role for each in both], "the same execution role"),
        ("DeadLetterConfig", [each.dead_letter for each in both], "the same dead-letter queue configuration"),
    ):
        if values[0] != values[1]:
            raise refusals.invalid(
                f"Both versions of an alias with a routing configuration must have {words}.",
                *(
                    Fact(function.qualified(each.version), property_, value)
                    for each, value in zip(both, values, strict=True)
                ),
            )


def _already_weighted(version: str) -> Exception:
    return refusals.invalid(
        f"Invalid function version {version}. Function version {version} is already included in routing configuration.",
        Fact("request", "FunctionVersion", version),
    )


def _changed(call: Call, function: Function, alias: Alias) -> dict[str, Any]:
    arn = function.qualified(alias.name)
    call.changed("lambda.AliasSet", arn, FunctionVersion=alias.version, RoutingConfig=alias.weights)
    return _told(function, alias)


def _told(function: Function, alias: Alias) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AliasArn": function.qualified(alias.name),
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        shown["RoutingConfig"] = {"AdditionalVersionWeights": alias.weights}
    return shown
