"""What each kind of policy may contain, and how AWS words its refusals."""

from __future__ import annotations

import re
from typing import Any, NoReturn, cast

import msgspec

from foulweather.policy import conditions, operators
from foulweather.policy.principal_element import PrincipalElement
from foulweather.policy.syntax import NAMING_PRINCIPALS, DocumentKind, Number, Outline, PolicySyntaxError

VERSIONS = ("2008-10-17", "2012-10-17")
_MEMBERS = {"Version", "Id", "Statement"}
_ELEMENTS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
}
_SYNTAX = "Syntax errors in policy."
_LEGACY = "The policy failed legacy parsing"
_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
_SID = re.compile(r"[0-9A-Za-z]*")
_VENDOR_NAME = re.compile(r"[0-9A-Za-z-]+")

_PARTITION = re.compile(r"aws(-[a-z0-9-]+)?|.*[*?].*")
_PRINCIPAL_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:iam::(?:[0-9]{12}|cloudfront):(?:user|role)/[^*?]+"
    r"|sts::[0-9]{12}:(?:assumed-role/[^*?/]+/[^*?/]+|federated-user/[^*?]+))"
)
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?([0-9]{12})(?::root)?")
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[0-9A-Z]{12,}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.[a-z0-9-]+")


class Written(msgspec.Struct, frozen=True):
    """A statement that has passed every check, as its author wrote it."""

    index: int
    sid: str
    allows: bool
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...] | None
    not_resource: bool
    principal: PrincipalElement | None
    tests: tuple[conditions.Test, ...]


def checked_version(outline: Outline, kind: DocumentKind) -> str:
    """The version of the policy language; without one it is the older one, which has no variables."""
    members = outline.members
    for name in members:
        if name not in _MEMBERS:
            raise PolicySyntaxError(_unknown(name, kind), element=name)
    version = members.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise PolicySyntaxError("The policy must contain a valid version string", element="Version", value=str(version))
    if "Id" in members and type(members["Id"]) is not str:
        raise PolicySyntaxError(_SYNTAX, element="Id")
    # Boundaries are managed policies, and managed policies and SCPs must be of the current version.
    if kind in ("boundary", "scp", "rcp"):
        require_current(version)
    return version


def require_current(version: str) -> None:
    """Refuse a managed policy of the older version of the language."""
    if version != VERSIONS[1]:
        raise PolicySyntaxError(
            "Policy document must be version 2012-10-17 or greater.", element="Version", value=version
        )


def checked_statements(outline: Outline, kind: DocumentKind, version: str) -> list[Written]:
    """Every statement of the policy, checked."""
    placed = outline.statements
    if not placed:
        if kind not in NAMING_PRINCIPALS:
            raise PolicySyntaxError(_SYNTAX, element="Statement")
        raise PolicySyntaxError(
            "Missing required field Statement" if placed is None else "Statement is empty!", element="Statement"
        )
    variables = version == VERSIONS[1]
    checked = [_Check(each.json, index, kind, variables).statement() for index, each in enumerate(placed)]
    seen: set[str] = set()
    for each in checked:
        if each.sid and each.sid in seen:
            raise PolicySyntaxError(
                "Statement IDs (SID) in a single policy must be unique.",
                statement=each.index,
                sid=each.sid,
                element="Sid",
            )
        seen.add(each.sid)
    return checked


def _unknown(name: str, kind: DocumentKind) -> str:
    return f"Unknown field {name}" if kind in NAMING_PRINCIPALS else _SYNTAX


class _Check:
    """The checks of one statement."""

    def __init__(self, json: Any, index: int, kind: DocumentKind, variables: bool) -> None:
        self.index = index
        self.kind: DocumentKind = kind
        self.variables = variables
        self.names_principals = kind in NAMING_PRINCIPALS
        self.sid = ""
        if not isinstance(json, dict):
            self.refuse(_SYNTAX, "Statement")
        self.json = cast("dict[str, Any]", json)

    def refuse(self, message: str, element: str, value: object = "") -> NoReturn:
        raise PolicySyntaxError(message, statement=self.index, sid=self.sid, element=element, value=str(value))

    def statement(self) -> Written:
        for name in self.json:
            if name not in _ELEMENTS:
                self.refuse(_unknown(name, self.kind), name)
        for name in ("Principal", "Action", "Resource"):
            if name in self.json and f"Not{name}" in self.json:
                self.refuse(_SYNTAX, f"Not{name}")
        self.sid = self.checked_sid()
        effect = self.json.get("Effect")
        if effect not in ("Allow", "Deny"):
            missing = "Missing required field Effect" if effect is None else f"Invalid effect: {effect}"
            self.refuse(missing if self.names_principals else _SYNTAX, "Effect", effect)
        principal = self.checked_principal()
        return Written(
            index=self.index,
            sid=self.sid,
            allows=effect == "Allow",
            actions=self.checked_actions(),
            not_action="NotAction" in self.json,
            resources=self.checked_resources(),
            not_resource="NotResource" in self.json,
            principal=principal,
            tests=self.checked_tests(),
        )

    def checked_sid(self) -> str:
        sid = self.json.get("Sid", "")
        if type(sid) is not str:
            self.refuse(_SYNTAX, "Sid")
        # Other services' policies may have spaces and more in a Sid (Grammar of the IAM JSON policy language).
        if not self.names_principals and not _SID.fullmatch(sid):
            self.refuse(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
                "expression [0-9A-Za-z]*",
                "Sid",
                sid,
            )
        return sid

    def strings(self, element: str, value: Any) -> tuple[str, ...]:
        """One string, or a list of strings."""
        values: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
        for each in values:
            if type(each) is not str:
                self.refuse(_SYNTAX, element)
        return tuple(values)

    def checked_actions(self) -> tuple[str, ...]:
        element = "NotAction" if "NotAction" in self.json else "Action"
        actions = self.strings(element, self.json.get(element, []))
        if not actions:
            words = (
                "Missing required field Action" if self.names_principals else "Policy statement must contain actions."
            )
            self.refuse(words, element)
        if self.kind == "rcp" and element == "NotAction":
            self.refuse("Has prohibited field NotAction", element)
        for action in actions:
            self.check_action(element, action)
        return actions

    def check_action(self, element: str, action: str) -> None:
        if self.kind == "trust" and not action.lower().startswith("sts:"):
            self.refuse("AssumeRole policy may only specify STS AssumeRole actions.", element, action)
        if action in ("*", "*:*"):
            return
        vendor, colon, name = action.partition(":")
        if not colon:
            self.refuse(_VENDOR, element, action)
        if ":" in name:
            self.refuse("Actions/Condition can contain only one colon.", element, action)
        if not _VENDOR_NAME.fullmatch(vendor):
            self.refuse(f"Vendor {vendor} is not valid", element, action)
        if not name or any(character.isspace() for character in name):
            self.refuse(_LEGACY, element, action)

    def checked_resources(self) -> tuple[str, ...] | None:
        element = "NotResource" if "NotResource" in self.json else "Resource"
        if self.kind == "trust" and element in self.json:
            self.refuse(f"Has prohibited field {element}", element)
        if element not in self.json and self.kind in ("trust", "resource"):
            return None
        resources = self.strings(element, self.json.get(element, []))
        if not resources:
            words = "Policy statement must contain resources."
            self.refuse(f"Missing required field {element}" if self.names_principals else words, element)
        if not self.names_principals:
            for resource in resources:
                self.check_resource(element, resource)
        return resources

    def check_resource(self, element: str, resource: str) -> None:
        if resource == "*":
            return
        if not resource.startswith("arn:"):
            self.refuse(f'Resource {resource} must be in ARN format or "*".', element, resource)
        _, partition, *rest = resource.split(":", 5)
        if not _PARTITION.fullmatch(partition):
            self.refuse(f'Partition "{partition}" is not valid for resource "{resource}".', element, resource)
        if not rest or any("${" in segment for segment in rest[:3]):
            self.refuse(_LEGACY, element, resource)
        if not _VENDOR_NAME.fullmatch(rest[0]):
            self.refuse("Resource vendor must be fully qualified and cannot contain regexes.", element, resource)
        if rest[0] == "iam" and len(rest) > 1 and rest[1] not in ("", "*"):
            self.refuse(f"IAM resource {resource} cannot contain region information.", element, resource)

    def checked_principal(self) -> PrincipalElement | None:
        element = "NotPrincipal" if "NotPrincipal" in self.json else "Principal"
        if not self.names_principals:
            if element in self.json:
                self.refuse("Policy document should not specify a principal.", element)
            return None
        if element not in self.json:
            self.refuse("Missing required field Principal", "Principal")
        found = principal_element(self, element, self.json[element])
        if self.kind == "rcp" and (found.negated or not found.everyone):
            self.refuse("Has prohibited field NotPrincipal" if found.negated else _SYNTAX, element)
        return found

    def checked_tests(self) -> tuple[conditions.Test, ...]:
        block = self.json.get("Condition", {})
        if not isinstance(block, dict):
            self.refuse(_SYNTAX, "Condition")
        tests: list[conditions.Test] = []
        for operator, keys in cast("dict[str, Any]", block).items():
            if not isinstance(keys, dict):
                self.refuse(_SYNTAX, "Condition", operator)
            for key, value in cast("dict[str, Any]", keys).items():
                tests.append(self.checked_test(operator, key, value))
        return tuple(tests)

    def checked_test(self, operator: str, key: str, value: Any) -> conditions.Test:
        values: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
        wanted: list[str] = []
        for each in values:
            if isinstance(each, bool):
                wanted.append("true" if each else "false")
            elif isinstance(each, str):
                wanted.append(str(each))
            else:
                self.refuse(_SYNTAX, "Condition", key)
        if ":" not in key:
            self.refuse(_VENDOR, "Condition", key)
        test = conditions.compiled(operator, key, tuple(wanted), variables=self.variables)
        if test is None:
            words = f"Invalid Condition type : {operator}" if self.names_principals else _SYNTAX
            self.refuse(words, "Condition", operator)
        if "date" in operator.lower() and any(operators.date(each) is None for each in wanted):
            self.refuse(_LEGACY, "Condition", key)
        return test


def principal_element(check: _Check, element: str, json: Any) -> PrincipalElement:
    """`Principal` or `NotPrincipal`: `"*"`, or a map of kinds to names."""
    negated = element == "NotPrincipal"
    if json == "*" and check.kind == "trust":
        # CreateRole takes {"AWS": "*"} only.
        check.refuse('AssumeRolepolicy contained an invalid principal: "STAR":"*".', element, json)
    if json == "*" and not isinstance(json, Number):
        return PrincipalElement(negated, everyone=True, written=("*",))
    if isinstance(json, str):
        check.refuse(f'Invalid principal in policy: "STRING":"{json}"', element, json)
    if not isinstance(json, dict):
        check.refuse(_SYNTAX, element)
    listed: dict[str, set[str]] = {}
    everyone = False
    written: list[str] = []
    for kind, value in cast("dict[str, Any]", json).items():
        names = check.strings(element, value)
        for name in names:
            group, member = _party(check, element, kind, name)
            everyone = everyone or group == "everyone"
            listed.setdefault(group, set()).add(member)
            written.append(name)
    if not written:
        check.refuse("Missing required field Principal cannot be empty!", element)
    groups = {group: frozenset(members) for group, members in listed.items() if group != "everyone"}
    return PrincipalElement(negated, everyone=everyone, written=tuple(written), **groups)


def _party(check: _Check, element: str, kind: str, name: str) -> tuple[str, str]:
    """The field of `PrincipalElement` for one named party, and what goes into it."""
    if kind == "AWS":
        if name == "*":
            return "everyone", name
        if account := _ACCOUNT.fullmatch(name):
            if name.startswith("arn:") is name.endswith(":root"):
                return "accounts", account[1]
        elif _PRINCIPAL_ARN.fullmatch(name):
            return "arns", name
        elif _UNIQUE_ID.fullmatch(name):
            return "unique_ids", name
    elif kind == "Service":
        if name == "*" or _SERVICE.fullmatch(name):
            return "services", name
    elif kind == "Federated" and name:
        return "federated", name
    elif kind == "CanonicalUser" and name:
        return "canonical_users", name
    return check.refuse(f'Invalid principal in policy: "{kind.upper()}":"{name}"', element, name)
