"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.policy.evaluate import Held
from foulweather.services.lambda_ import durable_access, layers_used, naming, taggable
from foulweather.services.lambda_.records import Function
from foulweather.services.lambda_.state import LambdaState

Request = Mapping[str, Any]
Conditions = dict[str, str | list[str]]


def policy_command(arn: str, document: str) -> str:
    """The command that adds the last statement of a policy to a function's or layer's.

    Lambda takes statements, not documents: a statement that AddPermission cannot make is beyond it.
    """
    parts = arn.split(":")
    statement: Mapping[str, Any] = json.loads(document)["Statement"][-1]
    principal: Any = statement.get("Principal", "*")
    if isinstance(principal, dict):
        principal = next(iter(cast("dict[str, Any]", principal).values()))
    action: Any = statement.get("Action", "lambda:InvokeFunction")
    first = cast(str, action[0] if isinstance(action, list) else action)
    told = f"--statement-id allow --action {first} --principal {shlex.quote(str(principal))} --region {parts[3]}"
    if parts[5] == "layer":
        name, number = parts[6], parts[7] if len(parts) > 7 else "VERSION"
        return f"aws lambda add-layer-version-permission --layer-name {name} --version-number {number} {told}"
    qualifier = f" --qualifier {parts[7]}" if len(parts) > 7 else ""
    return f"aws lambda add-permission --function-name {parts[6]}{qualifier} {told}"


def held(call: Call, function: Function, qualifier: str) -> Held | None:
    """The resource policy of a function, a version or an alias, parsed."""
    document = function.policies.get(qualifier, "")
    return call.state(LambdaState, function.account).held(function.qualified(qualifier), document)


def function(call: Call, request: Request) -> Sequence[Resource]:
    """The function, version or alias that a request names, with its policy."""
    try:
        place = naming.place(call, request["FunctionName"], request.get("Qualifier"))
    except AwsError:
        place = naming.place(call, request["FunctionName"])
    found = naming.find(call, place)
    if found is None:
        return (Resource(place.arn, place.account),)
    # Nobody can have a policy for $LATEST: the function's own stands, and names another resource.
    qualifier = "" if place.qualifier.startswith("$") else place.qualifier
    return (Resource(place.arn, place.account, held(call, found, qualifier), found.tags),)


def new_function(call: Call, request: Request) -> Sequence[Resource]:
    """The function to be made: it has no policy yet, and the tags of an older one do not matter."""
    place = naming.place(call, request["FunctionName"])
    return (Resource(place.function_arn, place.account),)


def layer(call: Call, request: Request) -> Sequence[Resource]:
    """The layer that LayerName names."""
    at = layers_used.place(call, request["LayerName"])
    return (Resource(at._replace(version=0).arn, at.account),)


def layer_version(call: Call, request: Request) -> Sequence[Resource]:
    """The layer version that a request names, with its policy."""
    if "Arn" in request:
        return (layers_used.resource(call, layers_used.place(call, request["Arn"])),)
    return (layers_used.resource(call, layers_used.place(call, request["LayerName"], request["VersionNumber"])),)


def mapping(call: Call, request: Request) -> Sequence[Resource]:
    """The event source mapping of a UUID."""
    arn = call.arn("lambda", f"event-source-mapping:{request['UUID']}")
    found = call.state(LambdaState).mappings.get(request["UUID"])
    return (Resource(arn, call.account) if found is None else Resource(arn, call.account, tags=found.tags),)


def signing_config(call: Call, request: Request) -> Sequence[Resource]:
    """The code signing configuration that a request names."""
    arn = request["CodeSigningConfigArn"]
    found = call.state(LambdaState).signing.get(arn)
    account = arn.split(":")[4]
    return (Resource(arn, account) if found is None else Resource(arn, account, tags=found.tags),)


def function_and_signing_config(call: Call, request: Request) -> Sequence[Resource]:
    """A function, and the code signing configuration that it is given."""
    return (*function(call, request), *signing_config(call, request))


def tagged(call: Call, request: Request) -> Sequence[Resource]:
    """Whatever an ARN names that has tags."""
    arn: str = request["Resource"]
    found = taggable.find(call, arn)
    account = arn.split(":")[4]
    return (Resource(arn, account) if found is None else Resource(arn, account, tags=found.tags),)


def conditions_of(call: Call, request: Request) -> Conditions:
    """The condition keys of a request that sets up a function."""
    conditions = _tags(request)
    if request.get("Layers"):
        conditions["lambda:layer"] = list(request["Layers"])
    vpc: Mapping[str, list[str]] = request.get("VpcConfig") or {}
    if vpc.get("SubnetIds"):
        conditions["lambda:subnetids"] = list(vpc["SubnetIds"])
    if vpc.get("SecurityGroupIds"):
        conditions["lambda:securitygroupids"] = list(vpc["SecurityGroupIds"])
    if request.get("CodeSigningConfigArn"):
        conditions["lambda:codesigningconfigarn"] = request["CodeSigningConfigArn"]
    return conditions


def conditions_of_permission(call: Call, request: Request) -> Conditions:
    """Whom a permission is for."""
    conditions: Conditions = {}
    if request.get("Principal"):
        conditions["lambda:principal"] = request["Principal"]
    return conditions | _of_url(request)


def conditions_of_url(call: Call, request: Request) -> Conditions:
    """The condition keys of function URLs."""
    return {"lambda:functionarn": function(call, request)[0].arn} | _of_url(request)


def conditions_of_mapping(call: Call, request: Request) -> Conditions:
    """The function that a mapping invokes: the one that is named, or else the one that it has."""
    conditions = _tags(request)
    if request.get("FunctionName"):
        conditions["lambda:functionarn"] = naming.place(call, request["FunctionName"]).arn
    elif "UUID" in request:
        found = call.state(LambdaState).mappings.get(request["UUID"])
        if found is not None:
            conditions["lambda:functionarn"] = found.function_arn
    return conditions


def tag_conditions(call: Call, request: Request) -> Conditions:
    """The tags that a request sets or removes."""
    return _tags(request)


def making(call: Call, request: Request) -> Sequence[Permission]:
    """A new function passes its role on; tags need lambda:TagResource too."""
    needed = list(passing_role(call, request))
    if request.get("Tags"):
        needed.append(Permission("lambda:TagResource", new_function(call, request)[0], _tags(request)))
    return needed


def passing_role(call: Call, request: Request) -> Sequence[Permission]:
    """iam:PassRole on the execution role that a request names.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    role: str = request.get("Role") or ""
    if not role:
        return ()
    account = role.split(":")[4]
    if account != call.account:
        raise AwsError(
            "AccessDeniedException",
            "Cross-account pass role is not allowed.",
            403,
            facts=(Fact(role, "account", account), Fact("function", "account", call.account)),
        )
    conditions: Conditions = {
        "iam:passedtoservice": "lambda.amazonaws.com",
        "iam:associatedresourcearn": new_function(call, request)[0].arn,
    }
    return (Permission("iam:PassRole", Resource(role, account), conditions),)


def tagging_mapping(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new mapping need lambda:TagResource; nobody knows its UUID yet."""
    if not request.get("Tags"):
        return ()
    arn = call.arn("lambda", "event-source-mapping:*")
    return (Permission("lambda:TagResource", Resource(arn, call.account), _tags(request)),)


def _of_url(request: Request) -> Conditions:
    for member in ("FunctionUrlAuthType", "AuthType"):
        if request.get(member):
            return {"lambda:functionurlauthtype": request[member]}
    return {}


def _tags(request: Request) -> Conditions:
    tags: Mapping[str, str] = request.get("Tags") or {}
    removed: Sequence[str] = request.get("TagKeys") or []
    keys = [*tags, *removed]
    if not keys:
        return {}
    conditions: Conditions = {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    conditions["aws:tagkeys"] = keys
    return conditions


def _on_function(*names: str, is_read: bool = False) -> dict[str, Access]:
    return {name: Access(f"lambda:{name}", function, is_read=is_read) for name in names}


def _on_everything(*names: str) -> dict[str, Access]:
    return {name: Access(f"lambda:{name}", is_read=True) for name in names}


def _invoking() -> Access:
    return Access("lambda:InvokeFunction", function, is_data=True)


ACCESS: dict[str, Access] = {
    "CreateFunction": Access("lambda:CreateFunction", new_function, conditions_of, making),
    "UpdateFunctionConfiguration": Access("lambda:UpdateFunctionConfiguration", function, conditions_of, passing_role),
    "UpdateFunctionCode": Access("lambda:UpdateFunctionCode", function, conditions_of),
    "AddPermission": Access("lambda:AddPermission", function, conditions_of_permission),
    "RemovePermission": Access("lambda:RemovePermission", function, conditions_of_permission),
    **_on_function(
        "CreateAlias",
        "DeleteAlias",
        "DeleteFunction",
        "DeleteFunctionCodeSigningConfig",
        "DeleteFunctionConcurrency",
        "DeleteFunctionEventInvokeConfig",
        "DeleteProvisionedConcurrencyConfig",
        "PublishVersion",
        "PutFunctionConcurrency",
        "PutFunctionEventInvokeConfig",
        "PutFunctionRecursionConfig",
        "PutProvisionedConcurrencyConfig",
        "PutRuntimeManagementConfig",
        "UpdateAlias",
        "UpdateFunctionEventInvokeConfig",
    ),
    **_on_function(
        "GetAlias",
        "GetFunction",
        "GetFunctionCodeSigningConfig",
        "GetFunctionConcurrency",
        "GetFunctionConfiguration",
        "GetFunctionEventInvokeConfig",
        "GetFunctionRecursionConfig",
        "GetPolicy",
        "GetProvisionedConcurrencyConfig",
        "GetRuntimeManagementConfig",
        "ListAliases",
        "ListDurableExecutionsByFunction",
        "ListFunctionEventInvokeConfigs",
        "ListProvisionedConcurrencyConfigs",
        "ListVersionsByFunction",
        is_read=True,
    ),
    **{
        name: Access(f"lambda:{name}", function, conditions_of_url, is_read=not name.startswith(("C", "U", "D")))
        for name in (
            "CreateFunctionUrlConfig",
            "DeleteFunctionUrlConfig",
            "GetFunctionUrlConfig",
            "ListFunctionUrlConfigs",
            "UpdateFunctionUrlConfig",
        )
    },
    "Invoke": _invoking(),
    "InvokeWithResponseStream": _invoking(),
    "InvokeAsync": Access("lambda:InvokeAsync", function, is_data=True),
    **durable_access.ACCESS,
    "CreateEventSourceMapping": Access(
        "lambda:CreateEventSourceMapping", conditions=conditions_of_mapping, also=tagging_mapping
    ),
    "UpdateEventSourceMapping": Access("lambda:UpdateEventSourceMapping", mapping, conditions_of_mapping),
    "DeleteEventSourceMapping": Access("lambda:DeleteEventSourceMapping", mapping, conditions_of_mapping),
    "GetEventSourceMapping": Access("lambda:GetEventSourceMapping", mapping, conditions_of_mapping, is_read=True),
    "PublishLayerVersion": Access("lambda:PublishLayerVersion", layer),
    "AddLayerVersionPermission": Access("lambda:AddLayerVersionPermission", layer_version),
    "RemoveLayerVersionPermission": Access("lambda:RemoveLayerVersionPermission", layer_version),
    "DeleteLayerVersion": Access("lambda:DeleteLayerVersion", layer_version),
    "GetLayerVersion": Access("lambda:GetLayerVersion", layer_version, is_read=True),
    "GetLayerVersionByArn": Access("lambda:GetLayerVersion", layer_version, is_read=True),
    "GetLayerVersionPolicy": Access("lambda:GetLayerVersionPolicy", layer_version, is_read=True),
    "CreateCodeSigningConfig": Access("lambda:CreateCodeSigningConfig", conditions=tag_conditions),
    "UpdateCodeSigningConfig": Access("lambda:UpdateCodeSigningConfig", signing_config),
    "DeleteCodeSigningConfig": Access("lambda:DeleteCodeSigningConfig", signing_config),
    "GetCodeSigningConfig": Access("lambda:GetCodeSigningConfig", signing_config, is_read=True),
    "ListFunctionsByCodeSigningConfig": Access("lambda:ListFunctionsByCodeSigningConfig", signing_config, is_read=True),
    "PutFunctionCodeSigningConfig": Access(
        "lambda:PutFunctionCodeSigningConfig", function_and_signing_config, conditions_of
    ),
    "TagResource": Access("lambda:TagResource", tagged, tag_conditions),
    "UntagResource": Access("lambda:UntagResource", tagged, tag_conditions),
    "ListTags": Access("lambda:ListTags", tagged, is_read=True),
    **_on_everything(
        "GetAccountSettings",
        "ListCodeSigningConfigs",
        "ListEventSourceMappings",
        "ListFunctions",
        "ListLayerVersions",
        "ListLayers",
    ),
}
