"""AWS Identity and Access Management: who there is, and what they may do."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="iam",
    package=__name__,
    modules=(
        "users",
        "groups",
        "roles",
        "service_linked_roles",
        "instance_profiles",
        "managed_policies",
        "policy_versions",
        "attachments",
        "inline_policies",
        "boundaries",
        "access_keys",
        "login_profiles",
        "account",
        "summary",
        "authorization_details",
        "mfa",
        "saml",
        "oidc",
        "server_certificates",
        "signing_certificates",
        "ssh_keys",
        "service_credentials",
        "credential_report",
        "last_access",
        "simulation",
        "root_access",
        "tags",
    ),
    is_global=True,
    checks_model=True,
    directory="directory:IamDirectory",
    reads={"api.Call": "note_use"},
)
