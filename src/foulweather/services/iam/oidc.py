"""OpenID Connect identity providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from foulweather.kernel.call import Call
from foulweather.services.iam import limits
from foulweather.services.iam.records import OidcProvider, second
from foulweather.services.iam.shapes import tags_shape
from foulweather.services.iam.state import IamState, already_exists

if TYPE_CHECKING:
    from aws_types.iam import (
        AddClientIDToOpenIDConnectProviderRequest,
        CreateOpenIDConnectProviderRequest,
        DeleteOpenIDConnectProviderRequest,
        GetOpenIDConnectProviderRequest,
        ListOpenIDConnectProvidersRequest,
        RemoveClientIDFromOpenIDConnectProviderRequest,
        UpdateOpenIDConnectProviderThumbprintRequest,
    )

Response = dict[str, Any]


def create_open_id_connect_provider(call: Call, request: CreateOpenIDConnectProviderRequest) -> Response:
    """Make an OpenID Connect provider from its issuer's URL."""
    state = call.state(IamState)
    tags = limits.checked_tags(request.get("Tags", []))
    url = _checked_url(request["Url"])
    client_ids = list(dict.fromkeys(request.get("ClientIDList", [])))
    if len(client_ids) > limits.CLIENT_IDS_PER_OIDC_PROVIDER:
        raise limits.limit_exceeded(
            f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {limits.CLIENT_IDS_PER_OIDC_PROVIDER}"
        )
    # Without thumbprints AWS fetches the issuer's certificate chain; no issuer is on the internet here, and the
    # list stays empty.
    thumbprints = _checked_thumbprints(request.get("ThumbprintList", []))
    provider = OidcProvider(
        account=call.account,
        url=url,
        created_ms=second(call.now),
        client_ids=client_ids,
        thumbprints=thumbprints,
        tags=tags,
    )
    if provider.key in state.oidc_providers:
        raise already_exists(f"Provider with url https://{url} already exists.")
    limits.check_quota("OpenIdConnectProvidersPerAccount", limits.OIDC_PROVIDERS, len(state.oidc_providers))
    state.keep(provider)
    call.changed("iam.OpenIDConnectProviderCreated", provider.arn, Url=url, ClientIDList=client_ids, Tags=tags)
    return {"OpenIDConnectProviderArn": provider.arn} | ({"Tags": tags_shape(tags)} if tags else {})


def get_open_id_connect_provider(call: Call, request: GetOpenIDConnectProviderRequest) -> Response:
    """Describe an OpenID Connect provider."""
    provider = call.state(IamState).oidc_provider(request["OpenIDConnectProviderArn"])
    return {
        "Url": provider.url,
        "ClientIDList": provider.client_ids,
        "ThumbprintList": provider.thumbprints,
        "CreateDate": provider.created_ms,
        "Tags": tags_shape(provider.tags),
    }


def list_open_id_connect_providers(call: Call, request: ListOpenIDConnectProvidersRequest) -> Response:
    """List the account's OpenID Connect providers."""
    return {"OpenIDConnectProviderList": [{"Arn": arn} for arn in sorted(call.state(IamState).oidc_providers)]}


def add_client_id_to_open_id_connect_provider(call: Call, request: AddClientIDToOpenIDConnectProviderRequest) -> None:
    """Add an audience; it is no error if it is there."""
    state = call.state(IamState)
    provider = state.oidc_provider(request["OpenIDConnectProviderArn"])
    if request["ClientID"] in provider.client_ids:
        return
    limits.check_quota(
        "ClientIdsPerOpenIdConnectProvider", limits.CLIENT_IDS_PER_OIDC_PROVIDER, len(provider.client_ids)
    )
    provider.client_ids.append(request["ClientID"])
    _keep(call, provider)


def remove_client_id_from_open_id_connect_provider(
    call: Call, request: RemoveClientIDFromOpenIDConnectProviderRequest
) -> None:
    """Take an audience away; "it does not fail or return an error if you try to remove one that does not exist"."""
    provider = call.state(IamState).oidc_provider(request["OpenIDConnectProviderArn"])
    if request["ClientID"] in provider.client_ids:
        provider.client_ids.remove(request["ClientID"])
        _keep(call, provider)


def update_open_id_connect_provider_thumbprint(
    call: Call, request: UpdateOpenIDConnectProviderThumbprintRequest
) -> None:
    """Replace the certificate thumbprints."""
    provider = call.state(IamState).oidc_provider(request["OpenIDConnectProviderArn"])
    provider.thumbprints = _checked_thumbprints(request["ThumbprintList"])
    _keep(call, provider)


def delete_open_id_connect_provider(call: Call, request: DeleteOpenIDConnectProviderRequest) -> None:
    """Delete an OpenID Connect provider; roles may still name it. Deleting none is no error."""
    state = call.state(IamState)
    provider = state.oidc_providers.get(request["OpenIDConnectProviderArn"])
    if provider is not None:
        state.drop(provider)
        call.changed("iam.OpenIDConnectProviderDeleted", provider.arn, Url=None)


def _keep(call: Call, provider: OidcProvider) -> None:
    call.state(IamState).keep(provider)
    call.changed(
        "iam.OpenIDConnectProviderUpdated",
        provider.arn,
        ClientIDList=list(provider.client_ids),
        ThumbprintList=provider.thumbprints,
    )


def _checked_url(url: str) -> str:
    """An issuer's URL without its scheme: https, and no query."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise limits.validation_error("Invalid Open ID Connect Provider URL")
    return url.removeprefix("https://").rstrip("/")


def _checked_thumbprints(thumbprints: list[str]) -> list[str]:
    if len(thumbprints) > limits.THUMBPRINTS_PER_OIDC_PROVIDER:
        raise limits.invalid_input("Thumbprint list must contain fewer than 5 entries.")
    if any(set(each.lower()) - set("0123456789abcdef") for each in thumbprints):
        raise limits.validation_error("Thumbprint must be 40 hexadecimal characters")
    return list(thumbprints)
