"""Permissions of layers: which accounts may have a layer version in their functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import layers_used, policies, refusals
from foulweather.services.lambda_.records import LayerVersion
from foulweather.services.lambda_.state import LambdaState

Request = Mapping[str, Any]


def add_layer_version_permission(call: Call, request: Request) -> dict[str, Any]:
    """Let an account, an organization or everybody use a layer version."""
    version = _require(call, request)
    organization = request.get("OrganizationId")
    if organization and request["Principal"] != "*":
        raise refusals.invalid(
            "OrganizationId is only supported with the principal *", Fact("request", "Principal", request["Principal"])
        )
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": policies.principal_element(call, request["Principal"]),
        "Action": request["Action"],
        "Resource": version.arn,
    }
    if organization:
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    _check_revision(version, request)
    _set(call, version, policies.added(version.arn, version.policy, statement))
    return {"Statement": policies.encoded(statement), "RevisionId": version.policy_revision}


def remove_layer_version_permission(call: Call, request: Request) -> None:
    """Take a statement out of a layer version's policy."""
    version = _require(call, request)
    _check_revision(version, request)
    _set(call, version, policies.removed(version.arn, version.policy, request["StatementId"]))


def get_layer_version_policy(call: Call, request: Request) -> dict[str, Any]:
    """A layer version's policy."""
    version = _require(call, request)
    if not version.policy:
        raise refusals.not_found("No policy is associated with the given resource.", Fact(version.arn, "Policy", None))
    return {"Policy": version.policy, "RevisionId": version.policy_revision}


def _require(call: Call, request: Request) -> LayerVersion:
    at = layers_used.place(call, request["LayerName"], request["VersionNumber"])
    version = layers_used.find_live(call, at)
    if version is None:
        raise refusals.not_found(f"Layer version {at.arn} does not exist.", Fact(at.arn, "exists", False))
    return version


def _check_revision(version: LayerVersion, request: Request) -> None:
    asked = request.get("RevisionId")
    if asked and asked != version.policy_revision:
        raise refusals.stale_revision(version.arn, asked, version.policy_revision, "GetLayerVersionPolicy")


def _set(call: Call, version: LayerVersion, text: str) -> None:
    version.policy = text
    version.policy_revision = call.world.ids.uuid() if text else ""
    call.state(LambdaState, version.account).layers.touch(f"{version.layer}:{version.version}")
    call.changed("lambda.LayerPolicySet", version.arn, Policy=text)
