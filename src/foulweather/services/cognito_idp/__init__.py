"""Amazon Cognito user pools: users, their passwords and factors, app clients, groups, sign-in and its tokens."""

from __future__ import annotations

from foulweather.kernel.service import Service
from foulweather.services.cognito_idp.hosted.host_names import HOSTS

SERVICE = Service(
    name="cognito-idp",
    package=__name__,
    modules=(
        "pools",
        "pool_mfa",
        "schema",
        "clients",
        "client_secrets",
        "groups",
        "memberships",
        "users",
        "user_states",
        "listing",
        "sign_up",
        "passwords",
        "own_account",
        "verifying",
        "factors",
        "own_factors",
        "devices",
        "auth",
        "ending",
        "resource_servers",
        "identity_providers",
        "linking",
        "domains",
        "import_jobs",
        "tags",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
    words_violations=True,
    has_traffic=True,
    paths="/cognito-user-",
    hosts=HOSTS,
    has_domains=True,
    endings=("/.well-known/jwks.json", "/.well-known/openid-configuration"),
)
