"""An app client's settings: what is given, what is left to its default, and what does not go together."""

from __future__ import annotations

from typing import Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, refusals
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.records import DEFAULT_FLOWS, Client, Pool, Settings
from foulweather.services.cognito_idp.state import CognitoState
from foulweather.services.cognito_idp.tokens import validity_ms

_KEPT: Final = (
    "AccessTokenValidity",
    "IdTokenValidity",
    "TokenValidityUnits",
    "ReadAttributes",
    "WriteAttributes",
    "ExplicitAuthFlows",
    "SupportedIdentityProviders",
    "CallbackURLs",
    "LogoutURLs",
    "DefaultRedirectURI",
    "AllowedOAuthFlows",
    "AllowedOAuthScopes",
    "PreventUserExistenceErrors",
    "RefreshTokenRotation",
)
STANDARD_SCOPES: Final = ("phone", "email", "openid", "profile", "aws.cognito.signin.user.admin")
_BUILT_IN: Final = ("COGNITO",)


def of_request(call: Call, state: CognitoState, pool: Pool, request: Request) -> Settings:
    """The settings that a request gives a client; what it leaves out has its default."""
    if request.get("AnalyticsConfiguration"):
        raise not_implemented(limits.SERVICE, f"{call.operation}.AnalyticsConfiguration")
    if request.get("EnablePropagateAdditionalUserContextData"):
        raise not_implemented(limits.SERVICE, f"{call.operation}.EnablePropagateAdditionalUserContextData")
    settings: Settings = {name: request[name] for name in _KEPT if request.get(name)}
    settings["RefreshTokenValidity"] = request.get("RefreshTokenValidity") or limits.REFRESH_DAYS
    if "TokenValidityUnits" in settings and not request.get("RefreshTokenValidity"):
        settings["TokenValidityUnits"] = {**settings["TokenValidityUnits"], "RefreshToken": "days"}
    settings["AllowedOAuthFlowsUserPoolClient"] = bool(request.get("AllowedOAuthFlowsUserPoolClient"))
    settings["EnableTokenRevocation"] = request.get("EnableTokenRevocation", True)
    settings["EnablePropagateAdditionalUserContextData"] = False
    settings["AuthSessionValidity"] = request.get("AuthSessionValidity", 3)
    if rotation := settings.get("RefreshTokenRotation"):
        settings["RefreshTokenRotation"] = {"RetryGracePeriodSeconds": 0, **rotation}
    _check_flows(pool, settings)
    _check_validity(pool, settings)
    _check_attributes(pool, settings)
    _check_oauth(state, pool, settings, request)
    return settings


def _check_flows(pool: Pool, settings: Settings) -> None:
    flows: list[str] = settings.get("ExplicitAuthFlows") or []
    new = [flow for flow in flows if flow.startswith("ALLOW_")]
    if new and len(new) < len(flows):
        raise refusals.invalid(
            "Invalid ExplicitAuthFlows: legacy values cannot be mixed with values that begin with ALLOW_.",
            Fact("request", "ExplicitAuthFlows", flows),
        )
    if "ALLOW_USER_AUTH" in flows and pool.tier == "LITE":
        raise refusals.not_in_tier(pool.id, "ALLOW_USER_AUTH", pool.tier)
    rotates = settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"
    if rotates and (not flows or "ALLOW_REFRESH_TOKEN_AUTH" in flows):
        raise refusals.invalid(
            "ALLOW_REFRESH_TOKEN_AUTH cannot be enabled with refresh token rotation.",
            Fact("request", "ExplicitAuthFlows", flows or list(DEFAULT_FLOWS)),
        )


def _check_validity(pool: Pool, settings: Settings) -> None:
    """Token validity in the units of the request: access and id tokens from five minutes to a day."""
    trial = Client("", pool.id, "", 0, 0, settings)
    refresh_ms = validity_ms(trial, "Refresh")
    if not limits.REFRESH_MS_MIN <= refresh_ms <= limits.REFRESH_MS_MAX:
        raise _out_of_range("refreshTokenValidity", "60 minutes", "3650 days", refresh_ms)
    for kind in ("Access", "Id"):
        valid_ms = validity_ms(trial, kind)
        if not limits.TOKEN_MS_MIN <= valid_ms <= limits.TOKEN_MS_MAX:
            raise _out_of_range(f"{kind.lower()}TokenValidity", "5 minutes", "24 hours", valid_ms)
        if valid_ms > refresh_ms:
            raise refusals.invalid(
                "Access token and id token cannot be valid for longer than the refresh token.",
                Fact("request", f"{kind}TokenValidity ms", valid_ms),
            )


def _out_of_range(name: str, least: str, most: str, given_ms: int) -> AwsError:
    return refusals.invalid(
        f"Invalid range for token validity: {name} must be between {least} and {most}.",
        Fact("request", f"{name} ms", given_ms),
    )


def _check_attributes(pool: Pool, settings: Settings) -> None:
    for member, words in (("ReadAttributes", "read"), ("WriteAttributes", "write")):
        for name in settings.get(member, ()):
            attribute = pool.schema.get(name)
            if attribute is None:
                raise refusals.invalid(
                    f"Invalid {words} attributes specified while creating a client", Fact("request", member, name)
                )
            if member == "WriteAttributes" and (name == "sub" or name.endswith("_verified")):
                raise refusals.invalid(
                    "Invalid write attributes specified while creating a client", Fact("request", member, name)
                )


def _check_oauth(state: CognitoState, pool: Pool, settings: Settings, request: Request) -> None:
    flows: list[str] = settings.get("AllowedOAuthFlows") or []
    scopes: list[str] = settings.get("AllowedOAuthScopes") or []
    is_on: bool = settings["AllowedOAuthFlowsUserPoolClient"]
    if "client_credentials" in flows and len(flows) > 1:
        raise AwsError(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected along with code flow or implicit flow.",
            facts=(Fact("request", "AllowedOAuthFlows", flows),),
        )
    if "client_credentials" in flows and not _has_secret(state, request):
        raise AwsError(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected if client does not have a client secret.",
            facts=(Fact("request", "GenerateSecret", False),),
        )
    if is_on and flows and not scopes:
        raise refusals.invalid("AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.")
    if is_on and not flows:
        raise refusals.invalid(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
        )
    urls: list[str] = settings.get("CallbackURLs") or []
    if is_on and {"code", "implicit"} & set(flows) and not urls:
        raise refusals.invalid(
            "CallbackURLs can not be empty when code flow or implicit flow is selected",
            Fact("request", "AllowedOAuthFlows", flows),
        )
    _check_urls(settings, urls)
    known = {*STANDARD_SCOPES, *scopes_of(state, pool)}
    for scope in scopes:
        if scope not in known:
            raise AwsError(
                "ScopeDoesNotExistException",
                f"Invalid scope requested: {scope}",
                facts=(Fact(pool.arn, "scopes", sorted(known)),),
                remedy=(f"aws cognito-idp create-resource-server --user-pool-id {pool.id} ...",),
            )
    providers = {record.name for record in state.providers.values() if record.pool == pool.id}
    for name in settings.get("SupportedIdentityProviders") or ():
        if name not in _BUILT_IN and name not in providers:
            raise refusals.invalid(
                f"The provider {name} does not exist for User Pool {pool.id}.", Fact("request", "provider", name)
            )


def _check_urls(settings: Settings, urls: list[str]) -> None:
    for url in (*urls, *(settings.get("LogoutURLs") or ())):
        if "#" in url:
            raise refusals.invalid(f"{url} cannot contain a fragment.", Fact("request", "URL", url))
        if url.startswith("http://") and not url.startswith(("http://localhost", "http://127.0.0.1", "http://[::1]")):
            raise refusals.invalid(f"{url} cannot use the HTTP protocol.", Fact("request", "URL", url))
    default: str | None = settings.get("DefaultRedirectURI")
    if default and default not in urls:
        raise refusals.invalid(
            f"{default} is not in the list of CallbackURLs.", Fact("request", "DefaultRedirectURI", default)
        )


def scopes_of(state: CognitoState, pool: Pool) -> list[str]:
    """The scopes of a pool's resource servers, as tokens name them."""
    servers = [server for server in state.resource_servers.values() if server.pool == pool.id]
    return [f"{server.identifier}/{scope}" for server in servers for scope in server.scopes]


def _has_secret(state: CognitoState, request: Request) -> bool:
    client = state.clients.get(request.get("ClientId") or "")
    return bool(request.get("GenerateSecret") or request.get("ClientSecret") or (client is not None and client.secrets))
