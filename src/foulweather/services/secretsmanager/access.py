"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.secretsmanager import naming
from foulweather.services.secretsmanager.state import CURRENT, Secret

Request = Mapping[str, Any]
Conditions = dict[str, str | list[str]]

_IN_REQUEST: Mapping[str, str] = {
    "Name": "name",
    "Description": "description",
    "KmsKeyId": "kmskeyid",
    "VersionId": "versionid",
    "VersionStage": "versionstage",
    "RotationLambdaARN": "rotationlambdaarn",
    "RecoveryWindowInDays": "recoverywindowindays",
    "ForceDeleteWithoutRecovery": "forcedeletewithoutrecovery",
    "ForceOverwriteReplicaSecret": "forceoverwritereplicasecret",
    "BlockPublicPolicy": "blockpublicpolicy",
    "RotateImmediately": "rotateimmediately",
    "Type": "type",
}


def policy_command(arn: str, document: str) -> str:
    """The command that sets a secret's policy."""
    region = arn.split(":")[3]
    policy = shlex.quote(document)
    return f"aws secretsmanager put-resource-policy --secret-id {arn} --resource-policy {policy} --region {region}"


def secret(call: Call, request: Request) -> Sequence[Resource]:
    """The secret that SecretId names, with its policy."""
    return (naming.resource(call, request["SecretId"]),)


def new_secret(call: Call, request: Request) -> Sequence[Resource]:
    """The secret to be made: nobody knows the end of its ARN yet."""
    return (Resource(naming.named(call, "").arn.replace("secret:", f"secret:{request['Name']}"), call.account),)


def validated(call: Call, request: Request) -> Sequence[Resource]:
    """The secret that a policy is meant for, if it is told."""
    return secret(call, request) if "SecretId" in request else (Resource("*", call.account),)


def conditions_of(call: Call, request: Request) -> Conditions:
    """The condition keys of a request and of the secret that it names."""
    conditions: Conditions = {}
    for member, key in _IN_REQUEST.items():
        if member in request:
            conditions[f"secretsmanager:{key}"] = _text(request[member])
    if call.operation in ("GetSecretValue", "BatchGetSecretValue") and "VersionId" not in request:
        conditions.setdefault("secretsmanager:versionstage", CURRENT)
    if key := request.get("KmsKeyId"):
        rest = key if "/" in key else f"key/{key}"
        conditions["secretsmanager:kmskeyarn"] = key if key.startswith("arn:") else call.arn("kms", rest)
    if "RotationRules" in request:
        conditions["secretsmanager:modifyrotationrules"] = "true"
    if replicas := request.get("AddReplicaRegions"):
        conditions["secretsmanager:addreplicaregions"] = [each.get("Region", "") for each in replicas]
    conditions |= _tags(request)
    found = naming.named(call, request["SecretId"]).secret if "SecretId" in request else None
    if found is not None:
        conditions |= _of(found)
    return conditions


def tagging(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new secret need secretsmanager:TagResource, replicas secretsmanager:ReplicateSecretToRegions.

    "Required permissions": API_CreateSecret.
    """
    needed: list[Permission] = []
    (found,) = new_secret(call, request)
    conditions = conditions_of(call, request)
    if request.get("Tags"):
        needed.append(Permission("secretsmanager:TagResource", found, conditions))
    if request.get("AddReplicaRegions"):
        needed.append(Permission("secretsmanager:ReplicateSecretToRegions", found, conditions))
    return needed


def invoking(call: Call, request: Request) -> Sequence[Permission]:
    """Who sets up a rotation needs lambda:InvokeFunction on its function: API_RotateSecret."""
    function: str = request.get("RotationLambdaARN") or ""
    if not function:
        return ()
    return (Permission("lambda:InvokeFunction", Resource(function, call.account)),)


def listing(call: Call, request: Request) -> Sequence[Permission]:
    """Secrets that filters find must be allowed to be listed."""
    if "Filters" not in request:
        return ()
    return (Permission("secretsmanager:ListSecrets", Resource("*", call.account)),)


def _of(found: Secret) -> Conditions:
    conditions: Conditions = {"secretsmanager:secretid": found.arn}
    conditions["secretsmanager:secretprimaryregion"] = found.primary_region or found.region
    if found.rotation is not None:
        conditions["secretsmanager:resource/allowrotationlambdaarn"] = found.rotation.function
    for key, value in found.tags.items():
        conditions[f"secretsmanager:resourcetag/{key.lower()}"] = value
    return conditions


def _tags(request: Request) -> Conditions:
    tags: list[Mapping[str, str]] = request.get("Tags") or []
    keys = [tag.get("Key", "") for tag in tags] + list(request.get("TagKeys") or [])
    if not keys:
        return {}
    conditions: Conditions = {f"aws:requesttag/{tag.get('Key', '').lower()}": tag.get("Value", "") for tag in tags}
    conditions["aws:tagkeys"] = keys
    return conditions


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _row(operation: str, *, is_read: bool = False) -> Access:
    return Access(f"secretsmanager:{operation}", secret, conditions_of, is_read=is_read)


ACCESS: dict[str, Access] = {
    **{
        name: _row(name)
        for name in (
            "CancelRotateSecret",
            "DeleteResourcePolicy",
            "DeleteSecret",
            "PutResourcePolicy",
            "PutSecretValue",
            "RemoveRegionsFromReplication",
            "ReplicateSecretToRegions",
            "RestoreSecret",
            "StopReplicationToReplica",
            "TagResource",
            "UntagResource",
            "UpdateSecret",
            "UpdateSecretVersionStage",
        )
    },
    **{
        name: _row(name, is_read=True)
        for name in ("DescribeSecret", "GetResourcePolicy", "GetSecretValue", "ListSecretVersionIds")
    },
    "BatchGetSecretValue": Access("secretsmanager:BatchGetSecretValue", also=listing, is_read=True),
    "RotateSecret": Access("secretsmanager:RotateSecret", secret, conditions_of, invoking),
    "CreateSecret": Access("secretsmanager:CreateSecret", new_secret, conditions_of, tagging),
    "GetRandomPassword": Access("secretsmanager:GetRandomPassword", is_read=True),
    "ListSecrets": Access("secretsmanager:ListSecrets", is_read=True),
    "ValidateResourcePolicy": Access("secretsmanager:ValidateResourcePolicy", validated, conditions_of, is_read=True),
}
