"""The policies of secrets: set, shown, taken away, tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import documents, naming, replication

Request = Mapping[str, Any]
_PUBLIC = "The resource policy grants broad access to the secret."


def put_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Set a secret's policy."""
    state, secret = naming.require_primary(call, request["SecretId"])
    policy = documents.checked(call, secret.arn, request["ResourcePolicy"])
    statement = documents.opening(policy) if request.get("BlockPublicPolicy") else None
    if statement is not None:
        raise AwsError(
            "PublicPolicyException",
            _PUBLIC,
            facts=(
                Fact("request", "BlockPublicPolicy", True),
                Fact(secret.arn, f"statement {statement.sid or statement.index}", "lets in anybody"),
            ),
        )
    secret.policy = request["ResourcePolicy"]
    state.touch(secret)
    replication.spread(call, secret)
    call.changed("secretsmanager.ResourcePolicySet", secret.arn, Policy=secret.policy)
    return {"ARN": secret.arn, "Name": secret.name}


def get_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """A secret's policy, if it has one."""
    _, secret = naming.require_live(call, request["SecretId"])
    shown = {"ResourcePolicy": secret.policy} if secret.policy else {}
    return {"ARN": secret.arn, "Name": secret.name, **shown}


def delete_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Take a secret's policy away; a secret without one does not mind."""
    state, secret = naming.require_primary(call, request["SecretId"])
    secret.policy = ""
    state.touch(secret)
    replication.spread(call, secret)
    call.changed("secretsmanager.ResourcePolicyDeleted", secret.arn, Policy="")
    return {"ARN": secret.arn, "Name": secret.name}


def validate_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Whether a policy would be taken, and lets nobody in whom its author does not know."""
    arn = "request"
    if "SecretId" in request:
        arn = naming.require_live(call, request["SecretId"])[1].arn
    policy = documents.checked(call, arn, request["ResourcePolicy"])
    errors = [{"CheckName": "PUBLIC_POLICY", "ErrorMessage": _PUBLIC}] if documents.opening(policy) else []
    return {"PolicyValidationPassed": not errors, "ValidationErrors": errors}
