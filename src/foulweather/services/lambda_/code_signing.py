"""Code signing configurations, and which functions have one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import limits, naming, paging, refusals, shapes, signatures
from foulweather.services.lambda_.members import inside
from foulweather.services.lambda_.records import SigningConfig
from foulweather.services.lambda_.state import LambdaState
from foulweather.world.ids import ALPHANUMERIC

Request = Mapping[str, Any]


def create_code_signing_config(call: Call, request: Request) -> dict[str, Any]:
    """Say whose signatures are wanted."""
    tags = limits.checked_tags(request.get("Tags") or {})
    config_id = f"csc-{call.world.ids.drawn(ALPHANUMERIC[26:], 17)}"
    config = SigningConfig(
        id=config_id,
        arn=call.arn("lambda", f"code-signing-config:{config_id}"),
        description=request.get("Description") or "",
        publishers=list(request["AllowedPublishers"]["SigningProfileVersionArns"]),
        untrusted=inside(request, "CodeSigningPolicies", "UntrustedArtifactOnDeployment") or "Warn",
        modified_ms=call.now,
        tags=tags,
    )
    return {"CodeSigningConfig": _put(call, config)}


def update_code_signing_config(call: Call, request: Request) -> dict[str, Any]:
    """Change a code signing configuration."""
    config = _require(call, request["CodeSigningConfigArn"])
    if "Description" in request:
        config.description = request["Description"]
    if "AllowedPublishers" in request:
        config.publishers = list(request["AllowedPublishers"]["SigningProfileVersionArns"])
    if "CodeSigningPolicies" in request:
        config.untrusted = request["CodeSigningPolicies"].get("UntrustedArtifactOnDeployment", config.untrusted)
    config.modified_ms = call.now
    return {"CodeSigningConfig": _put(call, config)}


def get_code_signing_config(call: Call, request: Request) -> dict[str, Any]:
    """A code signing configuration."""
    return {"CodeSigningConfig": _told(_require(call, request["CodeSigningConfigArn"]))}


def list_code_signing_configs(call: Call, request: Request) -> dict[str, Any]:
    """The account's code signing configurations."""
    every = sorted(call.state(LambdaState).signing.values(), key=lambda each: each.arn)
    shown, more = paging.page(every, lambda each: each.arn, request)
    return {"CodeSigningConfigs": [_told(each) for each in shown], **more}


def delete_code_signing_config(call: Call, request: Request) -> dict[str, Any]:
    """Delete a code signing configuration that no function has."""
    config = _require(call, request["CodeSigningConfigArn"])
    if users := _users(call, config.arn):
        raise refusals.conflict(
            "Cannot delete the code signing configuration because it is in use by a function.",
            call.fact(users[0], "CodeSigningConfigArn", config.arn),
            remedy=(f"aws lambda delete-function-code-signing-config --function-name {users[0]}",),
        )
    call.state(LambdaState).signing.delete(config.arn)
    call.changed("lambda.CodeSigningConfigDeleted", config.arn, exists=False)
    return {}


def list_functions_by_code_signing_config(call: Call, request: Request) -> dict[str, Any]:
    """The functions that have a code signing configuration."""
    config = _require(call, request["CodeSigningConfigArn"])
    shown, more = paging.page(_users(call, config.arn), str, request)
    return {"FunctionArns": list(shown), **more}


def put_function_code_signing_config(call: Call, request: Request) -> dict[str, Any]:
    """Give a function a code signing configuration: the next package must keep to it."""
    state, function = naming.unqualified(call, request["FunctionName"])
    config = signatures.wanted(call, request["CodeSigningConfigArn"])
    function.code_signing = config.arn if config is not None else ""
    state.functions.touch(function.name)
    call.changed("lambda.FunctionCodeSigningSet", function.arn, CodeSigningConfigArn=function.code_signing)
    return {"CodeSigningConfigArn": function.code_signing, "FunctionName": function.name}


def get_function_code_signing_config(call: Call, request: Request) -> dict[str, Any]:
    """A function's code signing configuration, if it has one."""
    _, function = naming.unqualified(call, request["FunctionName"])
    shown = {"CodeSigningConfigArn": function.code_signing} if function.code_signing else {}
    return {**shown, "FunctionName": function.name}


def delete_function_code_signing_config(call: Call, request: Request) -> None:
    """Let a function's packages be unsigned again."""
    state, function = naming.unqualified(call, request["FunctionName"])
    function.code_signing = ""
    state.functions.touch(function.name)
    call.changed("lambda.FunctionCodeSigningSet", function.arn, CodeSigningConfigArn="")


def _require(call: Call, arn: str) -> SigningConfig:
    found = call.state(LambdaState).signing.get(arn)
    if found is None:
        raise refusals.no_such_resource(arn)
    return found


def _users(call: Call, arn: str) -> list[str]:
    return sorted(each.arn for each in call.state(LambdaState).functions.values() if each.code_signing == arn)


def _put(call: Call, config: SigningConfig) -> dict[str, Any]:
    call.state(LambdaState).signing.put(config.arn, config)
    call.changed(
        "lambda.CodeSigningConfigSet",
        config.arn,
        AllowedPublishers=config.publishers,
        UntrustedArtifactOnDeployment=config.untrusted,
    )
    return _told(config)


def _told(config: SigningConfig) -> dict[str, Any]:
    return {
        "CodeSigningConfigId": config.id,
        "CodeSigningConfigArn": config.arn,
        "Description": config.description,
        "AllowedPublishers": {"SigningProfileVersionArns": config.publishers},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": config.untrusted},
        "LastModified": shapes.timestamp(config.modified_ms),
    }
