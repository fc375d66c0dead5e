"""SAML identity providers."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from foulweather.kernel.call import Call
from foulweather.services.iam import limits
from foulweather.services.iam.records import SamlProvider, second
from foulweather.services.iam.shapes import tags_shape
from foulweather.services.iam.state import IamState, already_exists, no_such_entity
from foulweather.world.ids import BASE32

if TYPE_CHECKING:
    from aws_types.iam import (
        CreateSAMLProviderRequest,
        DeleteSAMLProviderRequest,
        GetSAMLProviderRequest,
        ListSAMLProvidersRequest,
        UpdateSAMLProviderRequest,
    )

Response = dict[str, Any]

_METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_CENTURY_MS = 100 * 365 * 86_400_000
_UNREADABLE = "Could not parse metadata"


def create_saml_provider(call: Call, request: CreateSAMLProviderRequest) -> Response:
    """Make a SAML provider from its metadata document."""
    state = call.state(IamState)
    tags = limits.checked_tags(request.get("Tags", []))
    valid_until = _checked_metadata(request["SAMLMetadataDocument"], second(call.now))
    keys = _added_key(call, request, {})
    _check_encryption(request.get("AssertionEncryptionMode", ""), keys)
    provider = SamlProvider(
        account=call.account,
        name=request["Name"],
        metadata=request["SAMLMetadataDocument"],
        uuid=call.world.ids.drawn(BASE32, 16),
        created_ms=second(call.now),
        valid_until_ms=valid_until,
        encryption=request.get("AssertionEncryptionMode", ""),
        private_keys=keys,
        tags=tags,
    )
    if provider.key in state.saml_providers:
        raise already_exists(f"Provider with arn {provider.arn} already exists.")
    limits.check_quota("SAMLProvidersPerAccount", limits.SAML_PROVIDERS, len(state.saml_providers))
    state.keep(provider)
    call.changed("iam.SAMLProviderCreated", provider.arn, SAMLMetadataDocument=provider.metadata, Tags=tags)
    return {"SAMLProviderArn": provider.arn} | ({"Tags": tags_shape(tags)} if tags else {})


def get_saml_provider(call: Call, request: GetSAMLProviderRequest) -> Response:
    """Give a SAML provider's metadata."""
    provider = call.state(IamState).saml_provider(request["SAMLProviderArn"])
    shown: Response = {
        "SAMLProviderUUID": provider.uuid,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": provider.created_ms,
        "ValidUntil": provider.valid_until_ms,
        "Tags": tags_shape(provider.tags),
        "PrivateKeyList": [
            {"KeyId": key_id, "Timestamp": added} for key_id, (added, _) in provider.private_keys.items()
        ],
    }
    if provider.encryption:
        shown["AssertionEncryptionMode"] = provider.encryption
    return shown


def list_saml_providers(call: Call, request: ListSAMLProvidersRequest) -> Response:
    """List the account's SAML providers."""
    providers = call.state(IamState).saml_providers
    return {
        "SAMLProviderList": [
            {
                "Arn": providers[key].arn,
                "ValidUntil": providers[key].valid_until_ms,
                "CreateDate": providers[key].created_ms,
            }
            for key in sorted(providers)
        ]
    }


def update_saml_provider(call: Call, request: UpdateSAMLProviderRequest) -> Response:
    """Replace a SAML provider's metadata, or its keys for encrypted assertions."""
    state = call.state(IamState)
    provider = state.saml_provider(request["SAMLProviderArn"])
    metadata = request.get("SAMLMetadataDocument", provider.metadata)
    valid_until = provider.valid_until_ms
    if "SAMLMetadataDocument" in request:
        valid_until = _checked_metadata(metadata, second(call.now))
    keys = dict(provider.private_keys)
    if "RemovePrivateKey" in request and keys.pop(request["RemovePrivateKey"], None) is None:
        raise no_such_entity(f"Private key {request['RemovePrivateKey']} cannot be found.")
    keys = _added_key(call, request, keys)
    encryption = request.get("AssertionEncryptionMode", provider.encryption)
    _check_encryption(encryption, keys)
    provider.metadata, provider.valid_until_ms = metadata, valid_until
    provider.private_keys, provider.encryption = keys, encryption
    state.keep(provider)
    call.changed("iam.SAMLProviderUpdated", provider.arn, SAMLMetadataDocument=metadata)
    return {"SAMLProviderArn": provider.arn}


def delete_saml_provider(call: Call, request: DeleteSAMLProviderRequest) -> None:
    """Delete a SAML provider; roles may still name it."""
    state = call.state(IamState)
    provider = state.saml_provider(request["SAMLProviderArn"])
    state.drop(provider)
    call.changed("iam.SAMLProviderDeleted", provider.arn, SAMLMetadataDocument=None)


def _checked_metadata(document: str, now: int) -> int:
    """Until when a metadata document is valid; it must describe an identity provider with a certificate."""
    if "<!DOCTYPE" in document:
        raise limits.invalid_input(_UNREADABLE)
    try:
        root = ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError):
        raise limits.invalid_input(_UNREADABLE) from None
    descriptor = root.find(f"{_METADATA}IDPSSODescriptor")
    if root.tag != f"{_METADATA}EntityDescriptor" or not root.get("entityID") or descriptor is None:
        raise limits.invalid_input(_UNREADABLE)
    if descriptor.find(f"{_METADATA}KeyDescriptor") is None:
        raise limits.invalid_input(_UNREADABLE)
    until = root.get("validUntil")
    if until is None:
        return now + _CENTURY_MS
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        raise limits.invalid_input(_UNREADABLE) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * 1000


def _added_key(call: Call, request: Mapping[str, Any], keys: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    pem = request.get("AddPrivateKey")
    if pem is None:
        return keys
    try:
        load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        raise limits.invalid_input("The private key is not a valid PEM-encoded private key.") from None
    limits.check_quota("PrivateKeysPerSAMLProvider", limits.SAML_PRIVATE_KEYS, len(keys))
    return keys | {call.world.ids.drawn(BASE32, 22): (second(call.now), pem)}


def _check_encryption(mode: str, keys: dict[str, tuple[int, str]]) -> None:
    if mode and not keys:
        raise limits.invalid_input("AssertionEncryptionMode needs a private key to decrypt assertions with.")
