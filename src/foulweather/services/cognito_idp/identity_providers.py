"""External identity providers, as they are configured; `hosted/federating.py` sends users to those of OpenID Connect.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-provider.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, naming, refusals
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.paging import page
from foulweather.services.cognito_idp.records import IdentityProviderRecord, Pool
from foulweather.services.cognito_idp.state import CognitoState

# The details without which a provider is not made: API_CreateIdentityProvider, ProviderDetails.
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Google": ("client_id", "client_secret", "authorize_scopes"),
    "Facebook": ("client_id", "client_secret", "authorize_scopes"),
    "LoginWithAmazon": ("client_id", "client_secret", "authorize_scopes"),
    "SignInWithApple": ("client_id", "team_id", "key_id", "private_key", "authorize_scopes"),
    "OIDC": ("client_id", "attributes_request_method", "oidc_issuer", "authorize_scopes"),
    "SAML": (),
}
_NAMED: Final = ("Google", "Facebook", "LoginWithAmazon", "SignInWithApple")


def create_identity_provider(call: Call, request: Request) -> dict[str, Any]:
    """Configure an external identity provider."""
    state, pool = naming.pool_of(call, request)
    name, kind = request["ProviderName"], request["ProviderType"]
    key = f"{pool.id}/{name}"
    if key in state.providers:
        raise AwsError(
            "DuplicateProviderException",
            f"A provider with name {name} already exists in this user pool.",
            facts=(Fact(_arn(pool, name), "exists", True),),
        )
    if kind in _NAMED and name != kind:
        raise refusals.invalid(
            f"The provider name of a {kind} provider must be {kind}.", Fact("request", "ProviderName", name)
        )
    details = _details(call, kind, request["ProviderDetails"])
    mapping = _mapping(pool, request.get("AttributeMapping") or {})
    identifiers = _identifiers(state, pool, name, request.get("IdpIdentifiers") or [])
    count = sum(record.pool == pool.id for record in state.providers.values())
    if count >= limits.PROVIDERS_PER_POOL:
        raise refusals.over_limit("Maximum number of identity providers reached.", Fact(pool.arn, "providers", count))
    record = IdentityProviderRecord(name, pool.id, kind, details, mapping, identifiers, call.now, call.now)
    state.providers.put(key, record)
    call.changed("cognito.IdentityProviderCreated", _arn(pool, name), ProviderType=kind, AttributeMapping=mapping)
    return {"IdentityProvider": _shown(record)}


def describe_identity_provider(call: Call, request: Request) -> dict[str, Any]:
    """A provider's configuration."""
    state, pool = naming.pool_of(call, request)
    return {"IdentityProvider": _shown(_record(state, pool, request["ProviderName"]))}


def get_identity_provider_by_identifier(call: Call, request: Request) -> dict[str, Any]:
    """The provider that has an identifier, such as the domain of its users' e-mail addresses."""
    state, pool = naming.pool_of(call, request)
    wanted: str = request["IdpIdentifier"]
    for record in state.providers.values():
        if record.pool == pool.id and wanted in record.identifiers:
            return {"IdentityProvider": _shown(record)}
    raise refusals.not_found(
        f"Identity provider with identifier {wanted} does not exist.", Fact(pool.arn, "identifier", wanted)
    )


def update_identity_provider(call: Call, request: Request) -> dict[str, Any]:
    """Change a provider's configuration; what is left out stays."""
    state, pool = naming.pool_of(call, request)
    record = _record(state, pool, request["ProviderName"])
    details, mapping, identifiers = record.details, record.mapping, record.identifiers
    if "ProviderDetails" in request:
        details = _details(call, record.type, request["ProviderDetails"])
    if "AttributeMapping" in request:
        mapping = _mapping(pool, request["AttributeMapping"])
    if "IdpIdentifiers" in request:
        identifiers = _identifiers(state, pool, record.name, request["IdpIdentifiers"])
    record.details, record.mapping, record.identifiers = details, mapping, identifiers
    record.modified_ms = call.now
    state.providers.touch(f"{pool.id}/{record.name}")
    call.changed("cognito.IdentityProviderUpdated", _arn(pool, record.name), AttributeMapping=mapping)
    return {"IdentityProvider": _shown(record)}


def delete_identity_provider(call: Call, request: Request) -> dict[str, Any]:
    """Delete a provider's configuration."""
    state, pool = naming.pool_of(call, request)
    record = _record(state, pool, request["ProviderName"])
    state.providers.delete(f"{pool.id}/{record.name}")
    call.changed("cognito.IdentityProviderDeleted", _arn(pool, record.name), ProviderType=None)
    return {}


def list_identity_providers(call: Call, request: Request) -> dict[str, Any]:
    """The providers of a pool."""
    state, pool = naming.pool_of(call, request)
    found = sorted((record for record in state.providers.values() if record.pool == pool.id), key=_by_name)
    listed, more = page(found, _by_name, request.get("MaxResults"), request.get("NextToken"))
    shown = [
        {
            "ProviderName": record.name,
            "ProviderType": record.type,
            "CreationDate": record.created_ms,
            "LastModifiedDate": record.modified_ms,
        }
        for record in listed
    ]
    return {"Providers": shown, **more}


def _record(state: CognitoState, pool: Pool, name: str) -> IdentityProviderRecord:
    record = state.providers.get(f"{pool.id}/{name}")
    if record is None:
        raise refusals.not_found(f"Identity provider {name} does not exist.", Fact(_arn(pool, name), "exists", False))
    return record


def _details(call: Call, kind: str, given: dict[str, str]) -> dict[str, str]:
    absent = [name for name in _REQUIRED[kind] if not given.get(name)]
    if absent:
        raise refusals.invalid(
            f"The following provider details are required: {', '.join(absent)}", Fact("request", "details", absent)
        )
    if kind == "SAML" and not given.get("MetadataFile"):
        if given.get("MetadataURL"):
            raise not_implemented(limits.SERVICE, f"{call.operation}.ProviderDetails.MetadataURL")
        raise refusals.invalid("Either MetadataURL or MetadataFile is required.", Fact("request", "details", None))
    if kind == "OIDC" and given.get("attributes_request_method") not in ("GET", "POST"):
        raise refusals.invalid("attributes_request_method must be GET or POST.")
    return dict(given)


def _mapping(pool: Pool, given: dict[str, str]) -> dict[str, str]:
    for name in given:
        attribute = pool.schema.get(name)
        if attribute is None and name != "username":
            raise refusals.invalid(
                f"Attribute mapping contains an attribute that does not exist in the schema: {name}",
                Fact("request", "AttributeMapping", name),
            )
        if attribute is not None and not attribute.is_mutable:
            raise refusals.invalid(
                f"Attribute mapping contains an attribute that is not mutable: {name}",
                Fact(pool.arn, f"schema {name} Mutable", False),
            )
    return dict(given)


def _identifiers(state: CognitoState, pool: Pool, name: str, given: list[str]) -> list[str]:
    for record in state.providers.values():
        if record.pool == pool.id and record.name != name and set(given) & set(record.identifiers):
            raise refusals.invalid(
                "An identifier belongs to another provider.", Fact(_arn(pool, record.name), "IdpIdentifiers", given)
            )
    return list(given)


def _shown(record: IdentityProviderRecord) -> dict[str, Any]:
    return {
        "UserPoolId": record.pool,
        "ProviderName": record.name,
        "ProviderType": record.type,
        "ProviderDetails": record.details,
        "AttributeMapping": record.mapping,
        "IdpIdentifiers": record.identifiers,
        "CreationDate": record.created_ms,
        "LastModifiedDate": record.modified_ms,
    }


def _arn(pool: Pool, name: str) -> str:
    return f"{pool.arn}/provider/{name}"


def _by_name(record: IdentityProviderRecord) -> str:
    return record.name
