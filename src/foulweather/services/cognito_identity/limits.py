"""The quotas of identity pools, and how long their tokens are good.

https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html (identity pools)
"""

from __future__ import annotations

from typing import Final

from foulweather.kernel.service import Rate

SERVICE: Final = "cognito-identity"
POOLS: Final = 1000
RULES_PER_PROVIDER: Final = 25
USER_POOLS_PER_POOL: Final = 50
TAGS_MAX: Final = 50
TOKEN_MS: Final = 10 * 60_000
"""API_GetOpenIdToken: "The OpenID token is valid for 10 minutes."."""
DEVELOPER_TOKEN_S: Final = 15 * 60
"""API_GetOpenIdTokenForDeveloperIdentity, TokenDuration: "the default expiration time is 15 minutes"."""
CREDENTIALS_S: Final = 3600

# "Identity pool API request rate quotas": requests a second in an account and Region.
_PER_S: Final = {
    "GetId": 25,
    "GetOpenIdToken": 200,
    "GetCredentialsForIdentity": 200,
    "GetOpenIdTokenForDeveloperIdentity": 50,
    "UnlinkIdentity": 50,
    "UnlinkDeveloperIdentity": 50,
    "MergeDeveloperIdentities": 50,
    "LookupDeveloperIdentity": 50,
    "DescribeIdentity": 50,
    "ListIdentities": 50,
    "DeleteIdentities": 10,
}
RATES: dict[str, Rate] = {
    name: Rate(per_s, per_s, "TooManyRequestsException", "Rate exceeded") for name, per_s in _PER_S.items()
}
