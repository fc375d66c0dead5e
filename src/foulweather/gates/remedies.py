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
            return _managed(verdict.policies.boundary, _with(verdict.policies.boundary, statement))
        case "session":
            return _new_session(call, verdict, statement)
        case "service control" | "resource control":
            return _organization_allows(verdict, statement)
        case _:
            return _identity_policy(call, statement)


def for_explicit(call: Call, verdict: Verdict, held: Held, statement: Statement) -> tuple[str, ...]:
    """What would keep a Deny statement from applying to the request."""
    denies_without_mfa = statement.tests and all(test.lookup in MFA_KEYS for test in statement.tests)
    if denies_without_mfa and call.principal.kind == "user":
        return _with_mfa(call)
    kind = next(kind for kind, holder, _ in verdict.findings if holder is held)
    match kind:
        case "identity-based":
            return _identity_edit(call, held, _without_action(held, statement, verdict.ask.action))
        case "permissions boundary":
            return _managed(held, _without_action(held, statement, verdict.ask.action))
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
    document = cast(Document, json.loads(held.policy.text)) if held is not None else {"Version": VERSION}
    statements = document.get("Statement", [])
    document["Statement"] = statements if isinstance(statements, list) else [statements]
    return document


def _with(held: Held | None, statement: Document) -> Document:
    document = _document(held)
    document["Statement"] = [*document["Statement"], statement]
    return document


def _without_action(held: Held, statement: Statement, action: str) -> Document:
    """The policy without a statement, or with one action less in it where it lists several by name."""
    document = _document(held)
    written = document["Statement"][statement.index]
    actions = written.get("Action")
    if isinstance(actions, list):
        left = [one for one in cast("list[str]", actions) if one.lower() != action.lower()]
        if left and len(left) < len(cast("list[str]", actions)):
            document["Statement"][statement.index] = {**written, "Action": left}
            return document
    del document["Statement"][statement.index]
    return document


def _exempting(call: Call, held: Held, statement: Statement) -> Document:
    """The policy with one more condition on a Deny statement: it no longer meets this principal."""
    document = _document(held)
    written = document["Statement"][statement.index]
    arn = call.principal.role_arn or call.principal.arn
    conditions = cast("dict[str, dict[str, Any]]", dict(written.get("Condition", {})))
    exempt = dict(conditions.get("ArnNotLike", {}))
    exempt["aws:PrincipalArn"] = [*_listed(exempt.get("aws:PrincipalArn", [])), arn]
    conditions["ArnNotLike"] = exempt
    document["Statement"][statement.index] = {**written, "Condition": conditions}
    return document


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _json(document: Document) -> str:
    return shlex.quote(json.dumps(document))


# --- commands


def _identity_policy(call: Call, statement: Document) -> tuple[str, ...]:
    owner = _owner(call)
    if owner is None:
        return ()
    noun, name = owner
    document = _json({"Version": VERSION, "Statement": [statement]})
    policy_name = f"allow-{statement['Action'].replace(':', '-').replace('*', 'all')}"
    return (f"aws iam put-{noun}-policy --{noun}-name {name} --policy-name {policy_name} --policy-document {document}",)


def _owner(call: Call) -> tuple[str, str] | None:
    principal = call.principal
    if principal.role_arn:
        return "role", principal.role_arn.rpartition("/")[2]
    return ("user", principal.name) if principal.kind in ("user", "federated-user") else None


def _identity_edit(call: Call, held: Held, document: Document) -> tuple[str, ...]:
    owner = _owner(call)
    if not held.source.startswith("inline:"):
        if document["Statement"] or owner is None:
            return _managed(held, document)
        noun, name = owner
        return (f"aws iam detach-{noun}-policy --{noun}-name {name} --policy-arn {held.source}",)
    if owner is None:
        return ()
    noun, name = owner
    policy_name = held.source[len("inline:") :]
    group, slash, in_group = policy_name.partition("/")
    if slash:
        noun, name, policy_name = "group", group, in_group
    if not document["Statement"]:
        return (f"aws iam delete-{noun}-policy --{noun}-name {name} --policy-name {policy_name}",)
    return (
        f"aws iam put-{noun}-policy --{noun}-name {name} --policy-name {policy_name} "
        f"--policy-document {_json(document)}",
    )


def _managed(held: Held, document: Document) -> tuple[str, ...]:
    if held.source.startswith("arn:aws:iam::aws:"):
        return ()
    return (
        f"aws iam create-policy-version --policy-arn {held.source} --set-as-default "
        f"--policy-document {_json(document)}",
    )


def _new_session(call: Call, verdict: Verdict, statement: Document) -> tuple[str, ...]:
    document = _json(_with(verdict.policies.session[0] if verdict.policies.session else None, statement))
    name = shlex.quote(call.principal.name or "session")
    if call.principal.role_arn:
        return (
            f"aws sts assume-role --role-arn {call.principal.role_arn} --role-session-name {name} --policy {document}",
        )
    return (f"aws sts get-federation-token --name {name} --policy {document}",)


def _organization_allows(verdict: Verdict, statement: Document) -> tuple[str, ...]:
    for miss in verdict.nearly:
        levels = verdict.policies.scps + verdict.policies.rcps
        held = next((held for level in levels for held in level if held.source == miss.source), None)
        if held is not None and ":aws:policy/" not in held.source:
            wide = {**statement, "Resource": "*"}
            return (_update_organization_policy(held, _with(held, wide)),)
    return ()


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
