"""/oauth2/authorize: whoever is signed in goes on to the app, everybody else to a page or a provider.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
"""

from __future__ import annotations

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits
from foulweather.services.cognito_idp.hosted import browsers, federating, granting
from foulweather.services.cognito_idp.hosted.asking import NATIVE, Asked, asked, page_refusal, providers_of
from foulweather.services.cognito_idp.hosted.visit import Visit
from foulweather.services.cognito_idp.records import IdentityProviderRecord


async def authorize(visit: Visit) -> HttpResponse:
    """Answer an app's request for somebody to sign in."""
    found = asked(visit, visit.query)
    prompt = visit.query.get("prompt", "")
    if prompt not in ("", "none", "login"):
        raise not_implemented(limits.SERVICE, f"Authorize.prompt={prompt}")
    wanted = _wanted(visit, found)
    user = browsers.user_of(visit) if prompt != "login" and wanted is None else None
    if user is not None:
        return await granting.grant(visit, found, user)
    if prompt == "none":
        raise found.refusal("login_required", "Nobody is signed in in this browser.", Fact("request", "prompt", prompt))
    if wanted is not None and wanted != NATIVE:
        return await federating.begin(visit, found, provider_of(visit, found, wanted))
    return visit.redirect(visit.link("/login", found.params))


def provider_of(visit: Visit, found: Asked, name: str) -> IdentityProviderRecord:
    """A provider of the pool that the client's users may sign in with."""
    record = visit.state.providers.get(f"{visit.pool.id}/{name}")
    if record is None or name not in providers_of(found.app.client):
        raise page_refusal(
            "invalid_request",
            "The client has no such identity provider.",
            Fact("request", "identity_provider", name),
            Fact(found.app.client.id, "SupportedIdentityProviders", providers_of(found.app.client)),
        )
    return record


def _wanted(visit: Visit, found: Asked) -> str | None:
    """The provider that a request names, or the only one that there is besides the pool itself."""
    identifier = visit.query.get("idp_identifier")
    if identifier:
        for record in visit.state.providers.values():
            if record.pool == visit.pool.id and identifier in record.identifiers:
                return record.name
        raise page_refusal(
            "invalid_request",
            "No identity provider has this identifier.",
            Fact("request", "idp_identifier", identifier),
        )
    named = visit.query.get("identity_provider")
    if named:
        return named
    offered = providers_of(found.app.client)
    return offered[0] if len(offered) == 1 and offered[0] != NATIVE else None
