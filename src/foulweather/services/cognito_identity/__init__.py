"""Amazon Cognito identity pools: identities of users and guests, and AWS credentials for them."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="cognito-identity",
    package=__name__,
    modules=(
        "pools",
        "roles",
        "principal_tags",
        "identities",
        "entering",
        "credentials",
        "unlinking",
        "developers",
        "tags",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
    words_violations=True,
    has_traffic=True,
    endings=("/.well-known/jwks_uri", "/.well-known/openid-configuration"),
)
