"""The domains of a pool's hosted pages: a prefix, a name of one's own, or both.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html
"""

from __future__ import annotations

from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, naming, refusals
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.records import Domain, Pool, part
from foulweather.services.cognito_idp.state import CognitoState

_RESERVED: Final = ("aws", "amazon", "cognito")


def create_user_pool_domain(call: Call, request: Request) -> dict[str, Any]:
    """Give a pool a domain."""
    state, pool = naming.pool_of(call, request)
    name: str = request["Domain"]
    certificate: str = part(request, "CustomDomainConfig").get("CertificateArn", "")
    version = _version(call, request)
    if not certificate:
        if "." in name:
            words = "A domain name of your own needs a CustomDomainConfig with a certificate."
            raise refusals.invalid(words, Fact("request", "CustomDomainConfig", None))
        for word in _RESERVED:
            if word in name:
                raise refusals.invalid(f"Domain cannot contain reserved word: {word}", Fact("request", "Domain", name))
    if pool.custom_domain if certificate else pool.domain:
        raise refusals.invalid(
            f"User pool {pool.id} already has a domain configured.", call.fact(pool.arn, "Domain", pool.domain)
        )
    for other in call.world.store.states(CognitoState):
        if (other.region == call.region or certificate) and name in other.domains:
            raise refusals.invalid(
                "Domain already associated with another user pool.", Fact(name, "UserPoolId", other.domains[name].pool)
            )
    domain = Domain(name, pool.id, call.now, version, certificate)
    if certificate:
        domain.cloudfront = f"d{call.world.ids.hex(13)}.cloudfront.net"
        pool.custom_domain = name
    else:
        pool.domain = name
    state.domains.put(name, domain)
    state.pools.touch(pool.id)
    call.changed("cognito.DomainCreated", pool.arn, Domain=name)
    return _answer(domain)


def describe_user_pool_domain(call: Call, request: Request) -> dict[str, Any]:
    """A domain; of one that is not there, nothing is told."""
    domain = call.state(CognitoState).domains.get(request["Domain"])
    if domain is None:
        return {"DomainDescription": {}}
    shown: dict[str, Any] = {
        "UserPoolId": domain.pool,
        "AWSAccountId": call.account,
        "Domain": domain.name,
        "Version": str(domain.created_ms),
        "Status": "ACTIVE",
        "CustomDomainConfig": {"CertificateArn": domain.certificate} if domain.certificate else {},
        "ManagedLoginVersion": domain.version,
    }
    if domain.cloudfront:
        shown["CloudFrontDistribution"] = domain.cloudfront
    return {"DomainDescription": shown}


def update_user_pool_domain(call: Call, request: Request) -> dict[str, Any]:
    """Give a domain of one's own another certificate."""
    state, pool = naming.pool_of(call, request)
    domain = _domain(state, pool, request["Domain"])
    certificate: str = part(request, "CustomDomainConfig").get("CertificateArn", "")
    version = _version(call, request)
    if certificate and not domain.certificate:
        raise refusals.invalid("A prefix domain has no certificate.", Fact(domain.name, "CustomDomainConfig", None))
    domain.certificate, domain.version = certificate or domain.certificate, version
    state.domains.touch(domain.name)
    call.changed("cognito.DomainUpdated", pool.arn, Domain=domain.name, CertificateArn=domain.certificate)
    return _answer(domain)


def delete_user_pool_domain(call: Call, request: Request) -> dict[str, Any]:
    """Take a pool's domain away."""
    state, pool = naming.pool_of(call, request)
    domain = _domain(state, pool, request["Domain"])
    if domain.certificate:
        pool.custom_domain = ""
    else:
        pool.domain = ""
    state.domains.delete(domain.name)
    state.pools.touch(pool.id)
    call.changed("cognito.DomainDeleted", pool.arn, Domain=None)
    return {}


def _domain(state: CognitoState, pool: Pool, name: str) -> Domain:
    domain = state.domains.get(name)
    if domain is None or domain.pool != pool.id:
        raise refusals.invalid("No such domain or user pool exists.", Fact(pool.arn, "Domain", pool.domain or None))
    return domain


def _version(call: Call, request: Request) -> int:
    version: int = request.get("ManagedLoginVersion", 1)
    if version != 1:
        raise not_implemented(limits.SERVICE, f"{call.operation}.ManagedLoginVersion={version}")
    return version


def _answer(domain: Domain) -> dict[str, Any]:
    answer: dict[str, Any] = {"ManagedLoginVersion": domain.version}
    if domain.cloudfront:
        answer["CloudFrontDomain"] = domain.cloudfront
    return answer
