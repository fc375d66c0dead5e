"""Security policies of domain names: which TLS versions and cipher suites a client may come with.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html
"""

from __future__ import annotations

from typing import Final

from foulweather.kernel.traffic import Terms
from foulweather.services.apigateway import refusals
from foulweather.services.apigateway.region_records import DomainName

ENHANCED: Final = "SecurityPolicy_"
# At level 0 OpenSSL leaves judging keys and signatures of certificates, and versions before 1.2, to others: to us.
_OLD: Final = "DEFAULT:@SECLEVEL=0"
_LEGACY: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:"
    "AES128-GCM-SHA256:AES128-SHA256:AES256-GCM-SHA384:AES256-SHA256:@SECLEVEL=0"
)
_FORWARD_SECRET: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_REGIONAL: Final[dict[str, Terms]] = {
    "TLS_1_2": Terms("TLSv1.2", _LEGACY),
    "SecurityPolicy_TLS13_1_3_2025_09": Terms("TLSv1.3"),
    "SecurityPolicy_TLS13_1_3_FIPS_2025_09": Terms("TLSv1.3"),
    "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09": Terms("TLSv1.2", _FORWARD_SECRET),
    "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09": Terms("TLSv1.2", "AESGCM"),
    "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09": Terms("TLSv1.2", "ECDHE+AESGCM"),
    "SecurityPolicy_TLS13_1_2_PQ_2025_09": Terms("TLSv1.2"),
    "SecurityPolicy_TLS13_1_2_2021_06": Terms("TLSv1.2"),
}
_EDGE: Final[dict[str, Terms]] = {
    "TLS_1_0": Terms("TLSv1", _OLD),
    "TLS_1_2": Terms("TLSv1.2", _LEGACY),
    "SecurityPolicy_TLS13_2025_EDGE": Terms("TLSv1.3"),
    "SecurityPolicy_TLS12_PFS_2025_EDGE": Terms("TLSv1.2", _FORWARD_SECRET),
    "SecurityPolicy_TLS12_2018_EDGE": Terms("TLSv1.2"),
}


def check(policy: str, kind: str, access_mode: str | None, *, is_mutual: bool) -> None:
    """Refuse a policy that the endpoint type does not have, or that does not go with the other settings."""
    if kind == "REGIONAL" and policy == "TLS_1_0":
        raise refusals.invalid("Regional domain names only support the TLS_1_2 security policy", securityPolicy=policy)
    known = _EDGE if kind == "EDGE" else _REGIONAL
    if policy not in known:
        words = f"Security policy {policy} is not supported for endpoint type {kind}"
        raise refusals.invalid(words, securityPolicy=policy, types=kind)
    # "When you use an enhanced security policy, you must also set the endpoint access mode"; "You can't enable mutual
    # TLS on a domain name that uses an enhanced security policy" (the page above). And the access mode is "only
    # available for DomainNames that use security policies that start with SecurityPolicy_" (the API's model).
    if access_mode not in (None, "BASIC", "STRICT"):
        words = "Invalid endpoint access mode specified. Must be one of: [BASIC, STRICT]"
        raise refusals.invalid(words, endpointAccessMode=access_mode)
    if policy.startswith(ENHANCED):
        if not access_mode:
            words = f"Endpoint access mode must be specified for security policy {policy}"
            raise refusals.invalid(words, securityPolicy=policy, endpointAccessMode=None)
        if is_mutual:
            words = f"Mutual TLS is not supported for security policy {policy}"
            raise refusals.invalid(words, securityPolicy=policy)
    elif access_mode:
        words = f"Endpoint access mode is not supported for security policy {policy}"
        raise refusals.invalid(words, securityPolicy=policy, endpointAccessMode=access_mode)


def terms(domain: DomainName) -> Terms:
    """How clients of a domain name are spoken to."""
    known = _EDGE if domain.endpoint_configuration.get("types") == ["EDGE"] else _REGIONAL
    found = known.get(domain.security_policy or "TLS_1_2", known["TLS_1_2"])
    return found._replace(asks_client=domain.mutual_tls_authentication is not None)
