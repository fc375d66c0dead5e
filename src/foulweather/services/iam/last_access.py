"""When services were last accessed, and which policies grant access to them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.policy.document import Policy, parse
from foulweather.services.iam.holdings import holdings
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import Group, ManagedPolicy, Role, User, second
from foulweather.services.iam.report_records import Access, AccessJob
from foulweather.services.iam.service_names import namespaces, tracked
from foulweather.services.iam.state import IamState, Uses, identity_at, no_such_entity, no_such_policy

if TYPE_CHECKING:
    from aws_types.iam import (
        GenerateServiceLastAccessedDetailsRequest,
        GetServiceLastAccessedDetailsRequest,
        GetServiceLastAccessedDetailsWithEntitiesRequest,
        ListPoliciesGrantingServiceAccessRequest,
    )

Response = dict[str, Any]

# How long AWS takes is not documented.
_MADE_MS = 1_000


def generate_service_last_accessed_details(call: Call, request: GenerateServiceLastAccessedDetailsRequest) -> Response:
    """Begin a report for a user, group, role or managed policy."""
    identities, policies = _subject(call, request["Arn"])
    services = sorted({each for policy in policies for each in _granted(policy)})
    job = AccessJob(
        id=call.world.ids.uuid(),
        granularity=request.get("Granularity", "SERVICE_LEVEL"),
        asked_ms=second(call.now),
        ready_ms=second(call.now) + _MADE_MS,
        identities=[identity.arn for identity in identities],
        namespaces=services,
        accesses=_accesses(call, identities),
    )
    call.state(IamState).keep(job)
    return {"JobId": job.id}


def get_service_last_accessed_details(call: Call, request: GetServiceLastAccessedDetailsRequest) -> Response:
    """List the services that the subject's policies allow, with their last access."""
    job = _job(call, request)
    shown: Response = {
        **_times(call, job),
        "JobType": job.granularity,
        "ServicesLastAccessed": [],
        "IsTruncated": False,
    }
    if call.now < job.ready_ms:
        return shown
    chosen, more = page(request, job.namespaces, str)
    shown["ServicesLastAccessed"] = [_service(job, namespace) for namespace in chosen]
    return shown | more


def get_service_last_accessed_details_with_entities(
    call: Call, request: GetServiceLastAccessedDetailsWithEntitiesRequest
) -> Response:
    """List who could have accessed a service, and who did when."""
    job = _job(call, request)
    if request["ServiceNamespace"] not in job.namespaces:
        raise no_such_entity(f"Service namespace {request['ServiceNamespace']} is not in the report.")
    shown: Response = {**_times(call, job), "EntityDetailsList": [], "IsTruncated": False}
    if call.now < job.ready_ms:
        return shown
    last: dict[str, int] = defaultdict(int)
    for access in job.accesses:
        if access.namespace == request["ServiceNamespace"]:
            last[access.identity] = max(last[access.identity], access.at_ms)
    chosen, more = page(request, job.identities, str)
    shown["EntityDetailsList"] = [
        _entity(found) | ({"LastAuthenticated": last[arn]} if last[arn] else {})
        for arn in chosen
        if isinstance(found := identity_at(call.world, arn), (User, Role))
    ]
    return shown | more


def list_policies_granting_service_access(call: Call, request: ListPoliciesGrantingServiceAccessRequest) -> Response:
    """List an identity's policies that allow an action of each of the services."""
    identity = identity_at(call.world, request["Arn"])
    if identity is None or identity.account != call.account:
        raise no_such_entity(f"ARN {request['Arn']} does not exist.")
    listed: list[Response] = []
    held = holdings(call.world, identity)
    for namespace in request["ServiceNamespaces"]:
        policies: list[Response] = []
        for each in held:
            if namespace not in _granted(each.held.policy):
                continue
            if each.type.endswith("managed"):
                policies.append({"PolicyName": each.name, "PolicyType": "MANAGED", "PolicyArn": each.held.source})
            else:
                owner = {"EntityType": each.type.upper(), "EntityName": each.owner.name}
                policies.append({"PolicyName": each.name, "PolicyType": "INLINE", **owner})
        listed.append({"ServiceNamespace": namespace, "Policies": policies})
    return {"PoliciesGrantingServiceAccess": listed, "IsTruncated": False}


def _subject(call: Call, arn: str) -> tuple[list[User | Role], list[Policy]]:
    """Who is meant by an ARN, and the policies that the report is about."""
    state = call.state(IamState)
    identity = identity_at(call.world, arn)
    if identity is not None and identity.account == call.account:
        policies = [each.held.policy for each in holdings(call.world, identity)]
        return (list(state.members(identity)) if isinstance(identity, Group) else [identity]), policies
    policy = state.find_policy(arn)
    if policy is None:
        raise no_such_policy(arn, f"ARN {arn} does not exist.")
    return _with_policy(state, policy), [parse(policy.default.document, "identity")]


def _with_policy(state: IamState, policy: ManagedPolicy) -> list[User | Role]:
    groups = {group.key for group in state.groups.values() if policy.arn in group.attached}
    users = [user for user in state.users.values() if policy.arn in user.attached or groups.intersection(user.groups)]
    return [*users, *(role for role in state.roles.values() if policy.arn in role.attached)]


def _granted(policy: Policy) -> set[str]:
    """The namespaces of which a policy allows any action at all."""
    found: set[str] = set()
    for statement in policy.statements:
        if not statement.allows:
            continue
        if statement.actions.negated:
            found |= namespaces().keys()
            continue
        for action in statement.actions.written:
            vendor = action.partition(":")[0].lower()
            found |= namespaces().keys() if vendor == "*" else {vendor}
    return found


def _accesses(call: Call, identities: list[User | Role]) -> list[Access]:
    uses = call.state(Uses).identities
    services = call.pipeline.services
    found: list[Access] = []
    for identity in identities:
        use = uses.get(identity.id)
        for name, (at_ms, region) in use.calls.items() if use is not None else ():
            service, _, operation = name.partition("/")
            namespace, action = tracked(services, service, operation)
            found.append(Access(namespace=namespace, action=action, identity=identity.arn, at_ms=at_ms, region=region))
    return found


def _job(call: Call, request: Mapping[str, Any]) -> AccessJob:
    found = call.state(IamState).access_jobs.get(request["JobId"])
    if found is None:
        raise no_such_entity(f"Job {request['JobId']} does not exist.")
    return found


def _times(call: Call, job: AccessJob) -> Response:
    if call.now < job.ready_ms:
        return {"JobStatus": "IN_PROGRESS", "JobCreationDate": job.asked_ms, "JobCompletionDate": job.asked_ms}
    return {"JobStatus": "COMPLETED", "JobCreationDate": job.asked_ms, "JobCompletionDate": job.ready_ms}


def _service(job: AccessJob, namespace: str) -> Response:
    accesses = [access for access in job.accesses if access.namespace == namespace]
    shown: Response = {
        "ServiceName": namespaces().get(namespace, namespace),
        "ServiceNamespace": namespace,
        "TotalAuthenticatedEntities": len({access.identity for access in accesses}),
    }
    if accesses:
        last = max(accesses, key=lambda access: access.at_ms)
        shown |= {
            "LastAuthenticated": last.at_ms,
            "LastAuthenticatedEntity": last.identity,
            "LastAuthenticatedRegion": last.region,
        }
    if job.granularity == "ACTION_LEVEL":
        shown["TrackedActionsLastAccessed"] = _actions(accesses)
    return shown


def _actions(accesses: list[Access]) -> list[Response]:
    """The last access of each management action; data events are not tracked."""
    latest: dict[str, Access] = {}
    for access in accesses:
        known = latest.get(access.action)
        if access.action and (known is None or known.at_ms < access.at_ms):
            latest[access.action] = access
    return [
        {
            "ActionName": name,
            "LastAccessedEntity": latest[name].identity,
            "LastAccessedTime": latest[name].at_ms,
            "LastAccessedRegion": latest[name].region,
        }
        for name in sorted(latest)
    ]


def _entity(identity: User | Role) -> Response:
    return {
        "EntityInfo": {
            "Arn": identity.arn,
            "Name": identity.name,
            "Type": type(identity).__name__.upper(),
            "Id": identity.id,
            "Path": identity.path,
        }
    }
