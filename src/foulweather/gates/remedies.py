"""The AWS CLI commands that would change a denial: the narrowest edit of the policy that decided it."""

from __future__ import annotations

import json
import shlex
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.service import Resource
from foulweather.policy.document import Statement
from foulweather.policy.evaluate import Held, NearMiss, Verdict

Document = dict[str, Any]
VERSION = "2012-10-17"
MFA_KEYS = frozenset({"aws:multifactorauthpresent", "aws:multifactorauthage"})


def for_implicit(call: Call, verdict: Verdict, resource: Resource) -> tuple[str, ...]:
    """What would allow the request where nothing does."""
    by_caller = _by_asking_better(call, verdict)
    if by_caller:
        return by_caller
    statement = _statement(call, verdict, resource)
    match verdict.kind:
        case "resource-based" | "role trust":
            return _resource_policy(call, verdict, resource, statement)
        case "permissions boundary" if verdict.policies.boundary is not None:
            return _managed(call, verdict.policies.boundary, _with(verdict.policies.boundary, statement))
        case "session":
            return _new_session(call, verdict, statement)
        case "service control" | "resource control":
            return _organization_allows(verdict, statement)
        case _:
            return _identity_policy(call, verdict, statement)


def for_explicit(call: Call, verdict: Verdict, held: Held, statement: Statement) -> tuple[str, ...]:
    """What would keep a Deny statement from applying to the request."""
    denies_without_mfa = statement.tests and all(test.lookup in MFA_KEYS for test in statement.tests)
    if denies_without_mfa and call.principal.kind == "user":
        return _with_mfa(call)
    kind = next(kind for kind, holder, _ in verdict.findings if holder is held)
    match kind:
        case "identity-based":
            return _identity_edit(call, held, statement, _without_action(held, statement, verdict.ask.action))
        case "permissions boundary":
            return _managed(
                call, held, _without_action(held, statement, verdict.ask.action) or _exempting(call, held, statement)
            )
        case "service control" | "resource control":
            return (_update_organization_policy(held, _exempting(call, held, statement)),)
        case "session":
            return ()
        case _:
            resource = Resource(verdict.ask.resource, verdict.ask.resource_account, held)
            return _put_resource_policy(call, resource, _exempting(call, held, statement))


# --- the caller's own mistake: no policy needs to change


def _by_asking_better(call: Call, verdict: Verdict) -> tuple[str, ...]:
    for miss in verdict.nearly:
        keys = {failure.key.lower(): failure for failure in miss.failures if failure.element == "Condition"}
        if len(keys) != len(miss.failures):
            return ()
        if set(keys) <= MFA_KEYS and keys and call.principal.kind == "user":
            if verdict.ask.action == "sts:AssumeRole":
                return (_assume_role(call, verdict, miss, f" --serial-number {_device(call)} --token-code CODE"),)
            return _with_mfa(call)
        if set(keys) == {"sts:externalid"}:
            wanted = keys["sts:externalid"].wanted[0]
            return (_assume_role(call, verdict, miss, f" --external-id {shlex.quote(wanted)}"),)
    return ()


def _assume_role(call: Call, verdict: Verdict, miss: NearMiss, option: str) -> str:
    name = verdict.ask.context.get("sts:rolesessionname")
    session = name if isinstance(name, str) else "session"
    return f"aws sts assume-role --role-arn {verdict.ask.resource} --role-session-name {shlex.quote(session)}{option}"


def _with_mfa(call: Call) -> tuple[str, ...]:
    return (f"aws sts get-session-token --serial-number {_device(call)} --token-code CODE",)


def _device(call: Call) -> str:
    """The serial number of the caller's MFA device, by the name that users give theirs."""
    directory = call.pipeline.directory
    serials = directory.mfa_serials(call.principal) if directory is not None else []
    return serials[0] if serials else f"arn:aws:iam::{call.principal.account}:mfa/{call.principal.name}"


# --- documents


def _statement(call: Call, verdict: Verdict, resource: Resource) -> Document:
    made: Document = {"Sid": _sid(verdict.ask.action), "Effect": "Allow"}
    if verdict.kind in ("resource-based", "role trust"):
        principal = call.principal
        kind = {"service": "Service", "federated": "Federated", "anonymous": "AWS"}.get(principal.kind, "AWS")
        made["Principal"] = "*" if principal.kind == "anonymous" else {kind: principal.role_arn or principal.arn}
    made["Action"] = verdict.ask.action
    if verdict.kind != "role trust":
        made["Resource"] = resource.arn
    if call.source_arn and verdict.kind == "resource-based":
        made["Condition"] = {"ArnEquals": {"aws:SourceArn": call.source_arn}}
    return made


def _sid(action: str) -> str:
    service, _, name = action.partition(":")
    return f"Allow{service.capitalize()}{name}".replace("-", "").replace("*", "")


def _document(held: Held | None) -> Document:
    document: Document = json.loads(held.policy.text) if held is not None else {"Version": VERSION}
    statements = document.get("Statement", [])
    document["Statement"] = statements if isinstance(statements, list) else [statements]
    return document


def _with(held: Held | None, statement: Document) -> Document:
    document = _document(held)
    taken = {one.get("Sid") for one in document["Statement"]}
    sid, number = str(statement["Sid"]), 1
    while statement["Sid"] in taken:  # AWS wants each Sid once in a policy
        number += 1
        statement = {**statement, "Sid": f"{sid}{number}"}
    document["Statement"] = [*document["Statement"], statement]
    return document


def _without_action(held: Held, statement: Statement, action: str) -> Document | None:
    """The policy without a statement, or with one action less in it where it lists several by name; None if empty."""
    document = _document(held)
    written = document["Statement"][statement.index]
    actions = written.get("Action")
    if isinstance(actions, list):
        left = [one for one in cast("list[str]", actions) if one.lower() != action.lower()]
        if left and len(left) < len(cast("list[str]", actions)):
            document["Statement"][statement.index] = {**written, "Action": left}
            return document
    del document["Statement"][statement.index]
    return document if document["Statement"] else None


def _exempting(call: Call, held: Held, statement: Statement) -> Document:
    """The policy with one more condition on a Deny statement: it no longer meets this principal."""
    document = _document(held)
    written = document["Statement"][statement.index]
    principal = call.principal
    # A service has no ARN that aws:PrincipalArn would hold; a role's session has its role's.
    operator, key, value = "ArnNotLike", "aws:PrincipalArn", principal.arn
    if principal.kind == "service":
        operator, key = "StringNotEquals", "aws:PrincipalServiceName"
    elif principal.kind == "assumed-role":
        value = principal.role_arn
    conditions: dict[str, dict[str, Any]] = dict(written.get("Condition", {}))
    exempt: dict[str, Any] = dict(conditions.get(operator, {}))
    exempt[key] = [*_listed(exempt.get(key, [])), value]
    conditions[operator] = exempt
    document["Statement"][statement.index] = {**written, "Condition": conditions}
    return document


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _json(document: Document) -> str:
    return shlex.quote(json.dumps(document))


# --- commands


def _identity_policy(call: Call, verdict: Verdict, statement: Document) -> tuple[str, ...]:
    owner = _owner(call)
    if owner is None:
        return ()
    noun, name = owner
    policy_name = f"allow-{statement['Action'].replace(':', '-').replace('*', 'all')}"
    # The policy may be there from an earlier remedy, for another resource: it is added to.
    earlier = next((held for held in verdict.policies.identity if held.source == f"inline:{policy_name}"), None)
    document = _json(_with(earlier, statement))
    return (f"aws iam put-{noun}-policy --{noun}-name {name} --policy-name {policy_name} --policy-document {document}",)


def _owner(call: Call) -> tuple[str, str] | None:
    """The user or role whose policies govern the caller: `user` or `role`, and its name."""
    arn = call.principal.role_arn or call.principal.arn
    noun = arn.rpartition(":")[2].partition("/")[0]
    return (noun, arn.rpartition("/")[2]) if noun in ("user", "role") else None


def _identity_edit(call: Call, held: Held, statement: Statement, document: Document | None) -> tuple[str, ...]:
    owner = _owner(call)
    place, inline, policy_name = held.source.rpartition("inline:")
    if not inline:
        if document is not None:
            return _managed(call, held, document)
        if owner is not None and _is_attached(call, held):
            noun, name = owner
            return (f"aws iam detach-{noun}-policy --{noun}-name {name} --policy-arn {held.source}",)
        return _managed(call, held, _exempting(call, held, statement))
    if place:  # a group's: `GROUP-ARN/inline:NAME`
        owner = "group", place.rstrip("/").rpartition("/")[2]
    if owner is None:
        return ()
    noun, name = owner
    if document is None:
        return (f"aws iam delete-{noun}-policy --{noun}-name {name} --policy-name {policy_name}",)
    return (
        f"aws iam put-{noun}-policy --{noun}-name {name} --policy-name {policy_name} "
        f"--policy-document {_json(document)}",
    )


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
        f"--policy-document {_json(document)}",
    )


def _new_session(call: Call, verdict: Verdict, statement: Document) -> tuple[str, ...]:
    given = call.session.policies if call.session is not None else ()
    mine = next((held for held in verdict.policies.session if given and held.policy.text == given[0]), None)
    options = f"--policy {_json(_with(mine, statement))}"
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
            commands[held.source] = _update_organization_policy(held, _with(held, wide))
    return tuple(commands.values())


def _update_organization_policy(held: Held, document: Document) -> str:
    policy_id = held.source.rpartition("/")[2]
    return f"aws organizations update-policy --policy-id {policy_id} --content {_json(document)}"


def _resource_policy(call: Call, verdict: Verdict, resource: Resource, statement: Document) -> tuple[str, ...]:
    return _put_resource_policy(call, resource, _with(resource.policy, statement))


def _put_resource_policy(call: Call, resource: Resource, document: Document) -> tuple[str, ...]:
    """The command of the resource's service that sets its policy, as its access table words it."""
    if (resource.policy is not None and resource.policy.kind == "trust") or ":role/" in resource.arn:
        name = resource.arn.rpartition("/")[2]
        return (f"aws iam update-assume-role-policy --role-name {name} --policy-document {_json(document)}",)
    services = call.pipeline.services
    service = services.find(call.service)
    if service is None:
        return ()
    command = getattr(services.part(service, "access"), "policy_command", None)
    return (command(resource.arn, json.dumps(document)),) if command is not None else ()
