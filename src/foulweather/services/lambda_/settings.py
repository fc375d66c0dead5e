"""The settings of a function's version, as CreateFunction and UpdateFunctionConfiguration set them.

https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import durable_limits, judging, layers_used, limits, refusals, variables
from foulweather.services.lambda_.members import inside
from foulweather.services.lambda_.records import Configuration, Function

Request = Mapping[str, Any]
_NOT_BUILT = ("FileSystemConfigs", "ImageConfig", "CapacityProviderConfig", "TenancyConfig")
_NO_VPC = (
    "X-Foulweather-Warning",
    "VpcConfig is kept but not enforced: there is no network engine yet, so the function reaches what it would reach "
    "without a VPC.",
)


def check_built(call: Call, request: Request) -> None:
    """Refuse by name what is not built."""
    for member in (*_NOT_BUILT, "PublishTo"):
        if request.get(member):
            raise not_implemented("lambda", f"{call.operation}.{member}")


def check(call: Call, request: Request) -> None:
    """What a request sets, by itself: before it is known what it is set on."""
    check_built(call, request)
    if (runtime := request.get("Runtime")) is not None:
        limits.check_runtime(runtime)
    if (memory_mib := request.get("MemorySize")) is not None:
        limits.check_memory(memory_mib)
    if (timeout_s := request.get("Timeout")) is not None:
        limits.check_timeout(timeout_s)
    limits.check_environment(inside(request, "Environment", "Variables") or {})
    limits.check_layer_count(request.get("Layers") or [])
    _check_logging(request.get("LoggingConfig") or {})
    target: str = inside(request, "DeadLetterConfig", "TargetArn") or ""
    if target and target.split(":")[2] not in ("sqs", "sns"):
        raise refusals.invalid(
            f"The provided target ARN is invalid: {target}", Fact("request", "DeadLetterConfig.TargetArn", target)
        )


async def applied(call: Call, request: Request, name: str, base: Configuration) -> Configuration:
    """A configuration with what a request sets; everything that others have a say in has been asked."""
    made = msgspec.structs.replace(base, modified_ms=call.now, revision_id=call.world.ids.uuid(), told=dict(base.told))
    for member, field in (
        ("Role", "role"),
        ("Handler", "handler"),
        ("Description", "description"),
        ("Timeout", "timeout_s"),
        ("MemorySize", "memory_mib"),
        ("Runtime", "runtime"),
        ("Architectures", "architectures"),
        ("KMSKeyArn", "kms_key"),
    ):
        if request.get(member) is not None:
            setattr(made, field, request[member])
    if "Environment" in request:
        made.environment = dict(inside(request, "Environment", "Variables") or {})
    if storage := request.get("EphemeralStorage"):
        made.tmp_mib = storage["Size"]
    if tracing := request.get("TracingConfig"):
        made.tracing = tracing.get("Mode", made.tracing)
    if snap_start := request.get("SnapStart"):
        made.snap_start = snap_start.get("ApplyOn", made.snap_start)
    limits.check_snap_start(made.runtime, made.snap_start, made.tmp_mib)
    made.logging = _logging(name, made.logging, request.get("LoggingConfig") or {})
    if "VpcConfig" in request:
        _set_vpc(call, made, request["VpcConfig"] or {})
    durable = durable_limits.checked_config(
        request.get("DurableConfig"), durable_limits.config_of(made), is_new=not base.revision_id
    )
    if durable is not None:
        made.told["DurableConfig"] = durable
    await _ask_others(call, request, name, made)
    return made


async def _ask_others(call: Call, request: Request, name: str, made: Configuration) -> None:
    """The role, the dead-letter queue, the layers and the key: all that somebody else may refuse."""
    if "Role" in request:
        judging.require_role(call, made.role)
    if "DeadLetterConfig" in request:
        made.dead_letter = inside(request, "DeadLetterConfig", "TargetArn") or ""
        if made.dead_letter:
            judging.require_permission(call, made.role, name, made.dead_letter)
    if "Layers" in request:
        made.layers = list(request["Layers"] or [])
        layers_used.check(call, made.layers)
    layers_used.check_size(call, made)
    if "Environment" in request or "KMSKeyArn" in request:
        arn = call.arn("lambda", f"function:{name}")
        made.sealed = await variables.sealed(call, arn, made.kms_key, made.environment) if made.kms_key else b""


def changed(call: Call, function: Function, made: Configuration) -> None:
    """Tell the journal what a configuration is now, property by property."""
    call.changed(
        "lambda.FunctionConfigured",
        function.arn,
        Role=made.role,
        Runtime=made.runtime,
        Handler=made.handler,
        Timeout=made.timeout_s,
        MemorySize=made.memory_mib,
        EphemeralStorage=made.tmp_mib,
        Layers=made.layers,
        KMSKeyArn=made.kms_key,
        DeadLetterConfig=made.dead_letter,
        Environment=sorted(made.environment),
        CodeSha256=made.code.sha256,
        DurableConfig=made.told.get("DurableConfig"),
        State=made.state,
        LastUpdateStatus=made.update_status,
    )


def _check_logging(asked: Mapping[str, str]) -> None:
    levels = [member for member in ("ApplicationLogLevel", "SystemLogLevel") if asked.get(member)]
    if levels and asked.get("LogFormat") == "Text":
        raise refusals.invalid(
            f"{' and '.join(levels)} can only be set when LogFormat is JSON.", Fact("request", "LogFormat", "Text")
        )


def _logging(name: str, before: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Complete logging settings: JSON logs have levels, plain text has none.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
    """
    together = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **before, **asked}
    kept = {member: together[member] for member in ("LogFormat", "LogGroup")}
    if kept["LogFormat"] == "JSON":
        kept["ApplicationLogLevel"] = together.get("ApplicationLogLevel", "INFO")
        kept["SystemLogLevel"] = together.get("SystemLogLevel", "INFO")
    return kept


def _set_vpc(call: Call, made: Configuration, asked: Mapping[str, Any]) -> None:
    """Subnets and security groups are kept and told, with a warning: nothing enforces them yet."""
    subnets, groups = list(asked.get("SubnetIds") or []), list(asked.get("SecurityGroupIds") or [])
    if bool(subnets) != bool(groups):
        raise refusals.invalid(
            "Subnet IDs and security group IDs must both be specified, or neither.",
            Fact("request", "VpcConfig", dict(asked)),
        )
    if not subnets:
        made.told.pop("VpcConfig", None)
        return
    made.told["VpcConfig"] = {
        "SubnetIds": subnets,
        "SecurityGroupIds": groups,
        "Ipv6AllowedForDualStack": bool(asked.get("Ipv6AllowedForDualStack")),
    }
    call.further_headers = [*(call.further_headers or []), _NO_VPC]
