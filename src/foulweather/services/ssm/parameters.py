"""Parameters: put and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.java_patterns import compiled
from foulweather.kernel.why import Fact
from foulweather.services.ssm import limits, naming, policies, refusals, sealing, tiers
from foulweather.services.ssm.state import VERSIONS_MAX, Parameter, Policy, SsmState, Version, arn_of

Request = Mapping[str, Any]


async def put_parameter(call: Call, request: Request) -> dict[str, Any]:
    """Make a parameter, or give it a new version."""
    given = request["Name"].strip()
    name = limits.checked_name(given, arn_of(call.account, call.region, given))
    overwrites, tags = request.get("Overwrite", False), request.get("Tags")
    if overwrites and tags:
        raise refusals.invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please "
            "remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
            "RemoveTagsFromResource.",
            Overwrite=True,
        )
    state = call.state(SsmState)
    held = _held(state, name, overwrites)
    before = state.latest(held) if held is not None else None
    version = _version(call, request, name, before)
    tier = tiers.chosen(call, state, request, before, has_policies=bool(version.policies))
    version.tier = tier
    value = limits.checked_value(request, tier)
    _check_pattern(version.allowed_pattern, value)
    _check_room(state, held, before, tier)
    parameter = held or Parameter(name, call.account, call.region, tags=limits.checked_tags(tags or (), {}))
    if version.type == "SecureString":
        await sealing.seal(call, parameter, version, value)
        if _held(state, name, overwrites) is not held or (before is not None and state.latest(parameter) is not before):
            raise refusals.refused(
                "TooManyUpdates", "There are concurrent updates for a resource that supports one update at a time."
            )
    else:
        version.value = value
    version.modified_ms = call.now
    state.put(parameter, version)
    policies.plan(call, parameter, version)
    state.touch(parameter)
    kind = "Create" if before is None else "Update"
    facts = {"Type": version.type, "Version": version.number, "Tier": tier, "KeyId": version.key, "change": kind}
    call.changed("ssm.ParameterSet", parameter.arn, **facts)
    return {"Version": version.number, "Tier": tier}


def delete_parameter(call: Call, request: Request) -> dict[str, Any]:
    """Delete a parameter with all its versions."""
    state, parameter = naming.require(call, request["Name"])
    _delete(call, state, parameter)
    return {}


def delete_parameters(call: Call, request: Request) -> dict[str, Any]:
    """Delete several parameters; those that are not there are told apart."""
    deleted: list[str] = []
    missing: list[str] = []
    for name in dict.fromkeys(request["Names"]):
        naming.check_kept_here(call, name)
        parameter = naming.named(call, name).parameter
        if parameter is None:
            missing.append(name)
        else:
            _delete(call, call.state(SsmState, parameter.account), parameter)
            deleted.append(name)
    return {"DeletedParameters": deleted, "InvalidParameters": missing}


def _delete(call: Call, state: SsmState, parameter: Parameter) -> None:
    kind = state.latest(parameter).type
    state.remove(parameter)
    call.changed("ssm.ParameterDeleted", parameter.arn, Value=None, Type=kind, change="Delete")


def _held(state: SsmState, name: str, overwrites: bool) -> Parameter | None:
    """The parameter of that name; `/name` and `name` are the same one, having the same ARN."""
    found = state.parameters.get(name)
    if found is None and name.count("/") <= 1:
        found = state.parameters.get(name[1:] if name.startswith("/") else f"/{name}")
    if found is not None and (not overwrites or found.name != name):
        raise AwsError(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
            facts=(Fact(found.arn, "Version", found.latest), Fact("request", "Overwrite", overwrites)),
            remedy=(f"aws ssm put-parameter --name {name} --value VALUE --overwrite",),
        )
    return found


def _version(call: Call, request: Request, name: str, before: Version | None) -> Version:
    """The new version but for its value: what a request leaves out stays as it was."""
    kind: str = request.get("Type") or (before.type if before is not None else "")
    if not kind:
        raise refusals.invalid("A parameter type is required when you create a parameter.")
    if before is not None and kind != before.type:
        raise refusals.refused(
            "HierarchyTypeMismatchException",
            "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a "
            "parameter from a String type to a SecureString type. You must create a new, unique parameter.",
            Type=kind,
            type_before=before.type,
        )
    version = Version(name, before.number + 1 if before is not None else 1, kind, call.now, call.principal.arn)
    version.data_type = _data_type(request, before)
    key: str | None = request.get("KeyId")
    if kind == "SecureString":
        version.key = key or (before.key if before is not None else sealing.MANAGED_KEY)
    elif key:
        raise refusals.invalid("KeyId can only be used with the SecureString parameter type.", KeyId=key, Type=kind)
    version.description = request.get("Description", before.description if before is not None else "")
    version.allowed_pattern = request.get("AllowedPattern", before.allowed_pattern if before is not None else "")
    version.policies = _policies(call, request, before)
    return version


def _policies(call: Call, request: Request, before: Version | None) -> list[Policy]:
    if "Policies" in request:
        return policies.checked(call, request["Policies"])
    return policies.kept(call, before) if before is not None else []


def _data_type(request: Request, before: Version | None) -> str:
    data_type: str = request.get("DataType") or (before.data_type if before is not None else "text")
    if data_type in ("aws:ec2:image", "aws:ssm:integration"):
        raise not_implemented("ssm", f"PutParameter.DataType={data_type}")
    if data_type != "text":
        raise refusals.invalid(
            f"The following data type is not supported: {data_type} (Data type names are all lowercase.)",
            DataType=data_type,
        )
    return data_type


def _check_pattern(pattern: str, value: str) -> None:
    if not pattern:
        return
    try:
        found = compiled(pattern)
    except ValueError:
        found = None
    if found is None:
        raise refusals.refused(
            "InvalidAllowedPatternException", "The request doesn't meet the regular expression requirement.",
            AllowedPattern=pattern,
        )  # fmt: skip
    if not found.search(value):
        raise refusals.refused(
            "ParameterPatternMismatchException",
            f"Parameter value, cannot be validated against allowedPattern: {pattern}",
            AllowedPattern=pattern,
        )


def _check_room(state: SsmState, held: Parameter | None, before: Version | None, tier: str) -> None:
    """Room for one more version, and for one more parameter of its tier."""
    if held is not None and len(versions := state.versions_of(held)) >= VERSIONS_MAX:
        oldest = versions[min(versions)]
        if oldest.labels:
            raise AwsError(
                "ParameterMaxVersionLimitExceeded",
                f"You attempted to create a new version of {held.name} by calling the PutParameter API with the "
                f"overwrite flag. Version {oldest.number}, the oldest version, can't be deleted because it has a label "
                "associated with it. Move the label to another version of the parameter, and try again.",
                facts=(Fact(held.arn, f"labels of version {oldest.number}", oldest.labels),),
                remedy=(f"aws ssm label-parameter-version --name {held.name} --labels {' '.join(oldest.labels)}",),
            )
    if before is not None and before.tier == tier:
        return
    count = sum(state.latest(each).tier == tier for each in state.parameters.values())
    if count >= limits.PARAMETERS_MAX[tier]:
        raise refusals.refused(
            "ParameterLimitExceeded",
            "You have exceeded the number of parameters for this AWS account. Delete one or more parameters and try "
            "again.",
            tier=tier,
            parameters=count,
        )
