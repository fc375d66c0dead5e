"""The AWS CLI commands that would change a denial: what the caller can do, or else the narrowest edit of a policy."""

from __future__ import annotations

import json
import shlex

from foulweather.gates import nearest, satisfying, successors
from foulweather.gates.documents import (
    Document,
    document_of,
    quoted,
    sid_for,
    with_statement,
    without_action,
)
from foulweather.kernel.call import Call
from foulweather.kernel.service import Resource
from foulweather.policy.ask import PolicyKind
from foulweather.policy.document import Statement
from foulweather.policy.evaluate import Failure, Held, Verdict


def for_implicit(call: Call, verdict: Verdict, resource: Resource) -> tuple[str, ...]:
    """What would allow the request where nothing does: the nearest statement extended, or else one more."""
    by_caller = _by_asking_better(call, verdict)
    if by_caller:
        return by_caller
    back = _by_who_is_back(call, verdict)
    if back is not None:
        return _put_resource_policy(call, resource, document_of(back))
    found = nearest.extended(call, verdict)
    if found is not None:
        return _put(call, verdict.kind, found.held, found.document, resource)
    statement = _statement(call, verdict, resource)
    match verdict.kind:
        case "resource-based" | "role trust":
            document = with_statement(document_of(resource.policy), statement)
            return _put_resource_policy(call, resource, document)
        case "permissions boundary" if verdict.policies.boundary is not None:
            held = verdict.policies.boundary
            return _managed(call, held, with_statement(document_of(held), statement))
        case "session":
            return _new_session(call, verdict, statement)
        case "service control" | "resource control":
            return _organization_allows(verdict, statement)
        case _:
            return _identity_policy(call, verdict, statement)


def for_explicit(call: Call, verdict: Verdict, held: Held, statement: Statement) -> tuple[str, ...]:
    """What would keep a Deny statement from applying: what it asks for itself, or else an exemption."""
    asked = (
        satisfying.by_https(call, statement)
        or satisfying.by_asking(call, verdict, held, statement)
        or satisfying.by_tag(call, statement)
    )
    if asked:
        return asked
    kind: PolicyKind = next(kind for kind, holder, _ in verdict.findings if holder is held)
    resource = Resource(verdict.ask.resource, verdict.ask.resource_account, held)
    return _by_editing(call, verdict, kind, held, statement, resource)


def _by_editing(
    call: Call, verdict: Verdict, kind: PolicyKind, held: Held, statement: Statement, resource: Resource
) -> tuple[str, ...]:
    """The policy without those whom its Deny statement no longer means, or with one more whom it spares."""
    back = [one for one in successors.mentioned(call, held, statement.index) if successors.is_caller(call, one)]
    spared = document_of(held) if back else satisfying.widened(call, held, statement)
    edited = _put(call, kind, held, spared, resource) if spared is not None else ()
    if edited:
        return edited
    if kind in ("identity-based", "permissions boundary"):
        without = without_action(held, statement, verdict.ask.action)
        if kind == "identity-based":
            return _identity_edit(call, held, statement, without)
        return _managed(call, held, without or satisfying.exempting(call, held, statement))
    return _put(call, kind, held, satisfying.exempting(call, held, statement), resource)


def _by_who_is_back(call: Call, verdict: Verdict) -> Held | None:
    """A policy that names who was deleted, and now has the caller's name, in a statement that else would allow it."""
    for miss in verdict.nearly:
        if miss.failed == ("Principal",) and nearest.means_caller(call, verdict, miss):
            return nearest.policy_of(verdict, miss)
    return None


# --- the caller's own mistake: no policy needs to change


def _by_asking_better(call: Call, verdict: Verdict) -> tuple[str, ...]:
    for miss in nearest.near(call, verdict):
        keys = {failure.key.lower(): failure for failure in miss.failures if failure.element == "Condition"}
        if len(keys) != len(miss.failures):
            return ()
        if set(keys) <= satisfying.MFA_KEYS and keys and call.principal.kind == "user":
            if verdict.ask.action == "sts:AssumeRole":
                device = satisfying.mfa_device(call)
                return (_assume_role(call, verdict, f" --serial-number {device} --token-code CODE"),)
            return satisfying.with_mfa(call)
        if set(keys) == {"aws:securetransport"} and not call.origin.is_secure:
            return (satisfying.USE_HTTPS,)
        tagging = tuple(_tagging(call, failure) for failure in keys.values())
        if tagging and all(tagging):
            return tagging
        if set(keys) == {"sts:externalid"}:
            wanted = keys["sts:externalid"].wanted[0]
            return (_assume_role(call, verdict, f" --external-id {shlex.quote(wanted)}"),)
    return ()


def _tagging(call: Call, failure: Failure) -> str:
    """The command that gives the caller the tag that a condition wants; empty where it wants something else."""
    is_tag = failure.key.lower().startswith("aws:principaltag/") and failure.operator.lower().startswith("string")
    return (
        satisfying.tagging(call, failure.key, failure.wanted)
        if is_tag and "not" not in failure.operator.lower()
        else ""
    )


def _assume_role(call: Call, verdict: Verdict, option: str) -> str:
    name = verdict.ask.context.get("sts:rolesessionname")
    session = name if isinstance(name, str) else "session"
    return f"aws sts assume-role --role-arn {verdict.ask.resource} --role-session-name {shlex.quote(session)}{option}"


# --- documents


def _statement(call: Call, verdict: Verdict, resource: Resource) -> Document:
    made: Document = {"Sid": sid_for(verdict.ask.action), "Effect": "Allow"}
    if verdict.kind in ("resource-based", "role trust"):
        principal = call.principal
        kind = {"service": "Service", "federated": "Federated", "anonymous": "AWS"}.get(principal.kind, "AWS")
        made["Principal"] = "*" if principal.kind == "anonymous" else {kind: principal.role_arn or principal.arn}
    made["Action"] = verdict.ask.action
    if verdict.kind != "role trust":
        made["Resource"] = nearest.objects_beside(resource.arn)
    if call.source_arn and verdict.kind == "resource-based":
        made["Condition"] = {"ArnEquals": {"aws:SourceArn": call.source_arn}}
    return made


# --- commands


def _put(call: Call, kind: PolicyKind, held: Held, document: Document, resource: Resource) -> tuple[str, ...]:
    """The commands that set a policy of a kind to another document."""
    match kind:
        case "identity-based":
            return _put_identity(call, held, document)
        case "permissions boundary":
            return _managed(call, held, document)
        case "service control" | "resource control":
            return (_update_organization_policy(held, document),)
        case "session" | "grant":
            return ()
        case _:
            return _put_resource_policy(call, resource, document)


def _put_identity(call: Call, held: Held, document: Document) -> tuple[str, ...]:
    """The command that sets a policy of the caller's user, role or group."""
    found = _inline(call, held)
    if found is None:
        return () if "inline:" in held.source else _managed(call, held, document)
    noun, name, policy_name = found
    return (
        f"aws iam put-{noun}-policy --{noun}-name {name} --policy-name {policy_name} "
        f"--policy-document {quoted(document)}",
    )


def _inline(call: Call, held: Held) -> tuple[str, str, str] | None:
    """Of an inline policy `user`, `role` or `group`, whose it is, and its own name."""
    place, inline, policy_name = held.source.rpartition("inline:")
    if not inline:
        return None
    if place:  # a group's: `GROUP-ARN/inline:NAME`
        return "group", place.rstrip("/").rpartition("/")[2], policy_name
    owner = _owner(call)
    return (*owner, policy_name) if owner is not None else None


def _identity_policy(call: Call, verdict: Verdict, statement: Document) -> tuple[str, ...]:
    owner = _owner(call)
    if owner is None:
        return ()
    noun, name = owner
    policy_name = f"allow-{statement['Action'].replace(':', '-').replace('*', 'all')}"
    # The policy may be there from an earlier remedy, for another resource: it is added to.
    earlier = next((held for held in verdict.policies.identity if held.source == f"inline:{policy_name}"), None)
    document = quoted(with_statement(document_of(earlier), statement))
    return (f"aws iam put-{noun}-policy --{noun}-name {name} --policy-name {policy_name} --policy-document {document}",)


def _owner(call: Call) -> tuple[str, str] | None:
    """The user or role whose policies govern the caller: `user` or `role`, and its name."""
    arn = call.principal.role_arn or call.principal.arn
    noun = arn.rpartition(":")[2].partition("/")[0]
    return (noun, arn.rpartition("/")[2]) if noun in ("user", "role") else None


def _identity_edit(call: Call, held: Held, statement: Statement, document: Document | None) -> tuple[str, ...]:
    """The policy with another document, or if none is left no policy."""
    if document is not None:
        return _put_identity(call, held, document)
    found, owner = _inline(call, held), _owner(call)
    if found is not None:
        noun, name, policy_name = found
        return (f"aws iam delete-{noun}-policy --{noun}-name {name} --policy-name {policy_name}",)
    if owner is not None and _is_attached(call, held):
        noun, name = owner
        return (f"aws iam detach-{noun}-policy --{noun}-name {name} --policy-arn {held.source}",)
    return _put_identity(call, held, satisfying.exempting(call, held, statement))


def _is_attached(call: Call, held: Held) -> bool:
    """Whether the principal has a managed policy itself, and not from a group: the journal tells."""
    event = call.world.journal.last_change(call.principal.role_arn or call.principal.arn, held.source)
    return event is not None and event.facts.get(held.source) == "attached"


def _managed(call: Call, held: Held, document: Document) -> tuple[str, ...]:
    if held.source.startswith("arn:aws:iam::aws:"):
        return ()
    directory = call.pipeline.directory
    full = directory.version_in_the_way(held.source) if directory is not None else ""
    room = (f"aws iam delete-policy-version --policy-arn {held.source} --version-id {full}",) if full else ()
    return (
        *room,
        f"aws iam create-policy-version --policy-arn {held.source} --set-as-default "
        f"--policy-document {quoted(document)}",
    )


def _new_session(call: Call, verdict: Verdict, statement: Document) -> tuple[str, ...]:
    given = call.session.policies if call.session is not None else ()
    mine = next((held for held in verdict.policies.session if given and held.policy.text == given[0]), None)
    options = f"--policy {quoted(with_statement(document_of(mine), statement))}"
    if call.session is not None and call.session.policy_arns:
        options += " --policy-arns " + " ".join(f"arn={arn}" for arn in call.session.policy_arns)
    name = shlex.quote(call.principal.name or "session")
    if call.principal.kind == "assumed-role":
        return (f"aws sts assume-role --role-arn {call.principal.role_arn} --role-session-name {name} {options}",)
    return (f"aws sts get-federation-token --name {name} {options}",)


def _organization_allows(verdict: Verdict, statement: Document) -> tuple[str, ...]:
    """One more statement in a policy at each level of the organization that does not allow the request."""
    policies = verdict.policies
    levels = policies.scps if verdict.kind == "service control" else policies.rcps
    allowing = {id(held) for _, held, _ in verdict.findings}
    nearness = {miss.source: place for place, miss in reversed(list(enumerate(verdict.nearly)))}
    wide = {**statement, "Resource": "*"}
    commands: dict[str, str] = {}
    for level in levels:
        own = [held for held in level if ":aws:policy/" not in held.source]
        if own and not any(id(held) in allowing for held in level):
            held = min(own, key=lambda held: nearness.get(held.source, len(nearness)))
            commands[held.source] = _update_organization_policy(held, with_statement(document_of(held), wide))
    return tuple(commands.values())


def _update_organization_policy(held: Held, document: Document) -> str:
    policy_id = held.source.rpartition("/")[2]
    return f"aws organizations update-policy --policy-id {policy_id} --content {quoted(document)}"


def _put_resource_policy(call: Call, resource: Resource, document: Document) -> tuple[str, ...]:
    """The command of the resource's service that sets its policy, as its access table words it."""
    if resource.policy is not None:
        document = successors.put_right(call, resource.policy, document)
    if (resource.policy is not None and resource.policy.kind == "trust") or ":role/" in resource.arn:
        name = resource.arn.rpartition("/")[2]
        return (f"aws iam update-assume-role-policy --role-name {name} --policy-document {quoted(document)}",)
    services = call.pipeline.services
    service = services.find(call.service)
    if service is None:
        return ()
    command = getattr(services.part(service, "access"), "policy_command", None)
    if not resource.arn.startswith("arn:"):
        return ()  # an operation on no resource in particular, which no resource's policy allows
    return (command(resource.arn, json.dumps(document)),) if command is not None else ()
