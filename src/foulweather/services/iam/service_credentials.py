"""Credentials of users for one service: CodeCommit and Keyspaces passwords, Bedrock API keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.iam import callers, limits
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import ServiceCredential, User, second
from foulweather.services.iam.state import IamState, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        CreateServiceSpecificCredentialRequest,
        DeleteServiceSpecificCredentialRequest,
        ListServiceSpecificCredentialsRequest,
        ResetServiceSpecificCredentialRequest,
        UpdateServiceSpecificCredentialRequest,
    )

Response = dict[str, Any]

_DAY_MS = 86_400_000
_WITH_PASSWORD = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
_WITH_KEY = ("bedrock.amazonaws.com", "logs.amazonaws.com")


def create_service_specific_credential(call: Call, request: CreateServiceSpecificCredentialRequest) -> Response:
    """Make a credential for a service; its password or key is shown this once."""
    state = call.state(IamState)
    service, age = request["ServiceName"], request.get("CredentialAgeDays")
    if service not in _WITH_PASSWORD + _WITH_KEY:
        raise AwsError(
            "ServiceNotSupportedException", f"The service {service} does not support service-specific credentials.", 404
        )
    if age is not None and service in _WITH_PASSWORD:
        raise limits.validation_error(f"CredentialAgeDays is not supported for {service}")
    user = state.user(request["UserName"])
    held = [each for each in state.service_credentials.values() if (each.user, each.service) == (user.id, service)]
    limits.check_quota("ServiceSpecificCredentialsPerUser", limits.SERVICE_CREDENTIALS_PER_USER, len(held))
    name = f"{user.name}-at-{call.account}" if service in _WITH_PASSWORD else ""
    credential = ServiceCredential(
        id=call.world.ids.unique("ACCA"),
        user=user.id,
        service=service,
        created_ms=second(call.now),
        secret=call.world.ids.token(32),
        user_name=f"{name}+{len(held)}" if name and held else name,
        alias="" if name else f"BedrockAPIKey-{call.world.ids.hex(4)}",
        expires_ms=0 if age is None else second(call.now) + age * _DAY_MS,
    )
    state.keep(credential)
    call.changed("iam.ServiceSpecificCredentialCreated", user.arn, ServiceSpecificCredential=credential.id)
    return {"ServiceSpecificCredential": _shape(user, credential, call.now) | _secret(credential)}


def list_service_specific_credentials(call: Call, request: ListServiceSpecificCredentialsRequest) -> Response:
    """List the credentials of a user or the caller, or of all users."""
    state = call.state(IamState)
    owner = "" if request.get("AllUsers", False) else callers.user(call, request).id
    service = request.get("ServiceName")
    found = (
        each
        for each in state.service_credentials.values()
        if owner in ("", each.user) and service in (None, each.service)
    )
    chosen, more = page(request, found, lambda credential: f"{credential.created_ms:015d}{credential.id}")
    shown = [_shape(callers.user_with_id(state, each.user), each, call.now) for each in chosen]
    return {"ServiceSpecificCredentials": shown, **more}


def update_service_specific_credential(call: Call, request: UpdateServiceSpecificCredentialRequest) -> None:
    """Make a credential active, or not."""
    if request["Status"] == "Expired":
        raise limits.invalid_input("Status must be Active or Inactive.")
    user, credential = _found(call, request)
    credential.is_active = request["Status"] == "Active"
    call.state(IamState).keep(credential)
    call.changed("iam.ServiceSpecificCredentialUpdated", user.arn, ServiceSpecificCredential=request["Status"])


def reset_service_specific_credential(call: Call, request: ResetServiceSpecificCredentialRequest) -> Response:
    """Replace a credential's password, which is shown this once; API keys cannot be reset."""
    user, credential = _found(call, request)
    if credential.service in _WITH_KEY:
        raise limits.validation_error(f"Credentials of {credential.service} cannot be reset.")
    credential.secret = call.world.ids.token(32)
    call.state(IamState).keep(credential)
    call.changed("iam.ServiceSpecificCredentialReset", user.arn, ServiceSpecificCredential="reset")
    return {"ServiceSpecificCredential": _shape(user, credential, call.now) | _secret(credential)}


def delete_service_specific_credential(call: Call, request: DeleteServiceSpecificCredentialRequest) -> None:
    """Delete a credential."""
    user, credential = _found(call, request)
    call.state(IamState).drop(credential)
    call.changed("iam.ServiceSpecificCredentialDeleted", user.arn, ServiceSpecificCredential=None)


def _found(call: Call, request: Mapping[str, Any]) -> tuple[User, ServiceCredential]:
    user = callers.user(call, request)
    credential_id = request["ServiceSpecificCredentialId"]
    found = call.state(IamState).service_credentials.get(credential_id)
    if found is None or found.user != user.id:
        raise no_such_entity(f"The Service Specific Credential with id {credential_id} cannot be found.")
    return user, found


def _secret(credential: ServiceCredential) -> Response:
    return {"ServicePassword" if credential.user_name else "ServiceCredentialSecret": credential.secret}


def _shape(user: User, credential: ServiceCredential, now: int) -> Response:
    is_over = credential.expires_ms and now >= credential.expires_ms
    shown: Response = {
        "UserName": user.name,
        "CreateDate": credential.created_ms,
        "ServiceName": credential.service,
        "ServiceSpecificCredentialId": credential.id,
        "Status": "Expired" if is_over else "Active" if credential.is_active else "Inactive",
    }
    if credential.user_name:
        shown["ServiceUserName"] = credential.user_name
    if credential.alias:
        shown["ServiceCredentialAlias"] = credential.alias
    if credential.expires_ms:
        shown["ExpirationDate"] = credential.expires_ms
    return shown
