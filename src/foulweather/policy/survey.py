"""Which statements of which policies apply to one request."""

from __future__ import annotations

from foulweather.policy.ask import Ask, Finding, Held, PolicyKind
from foulweather.policy.document import Statement
from foulweather.policy.principal_element import Naming


class Survey:
    """The statements that apply to one request."""

    __slots__ = ("action", "allows", "ask", "denies")

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.action = ask.action.lower()
        self.allows: list[Finding] = []
        self.denies: list[Finding] = []

    def levels(self, kind: PolicyKind, levels: list[list[Held]]) -> bool:
        """Whether some policy allows the request at every level of the organization."""
        allowed = True
        for level in levels:
            allowed = self.any(kind, level) and allowed
        return allowed

    def any(self, kind: PolicyKind, policies: list[Held]) -> bool:
        """Whether one of the policies allows the request."""
        allowed = False
        for held in policies:
            for statement in held.policy.covering(self.action):
                if not self._applies(statement):
                    continue
                if statement.allows:
                    allowed = True
                    self.allows.append((kind, held, statement))
                else:
                    self.denies.append((kind, held, statement))
        return allowed

    def resource(self, kind: PolicyKind, held: Held) -> Naming:
        """How directly the resource's policy names the principal in a statement that allows the request."""
        ask = self.ask
        best = Naming.NOT
        for statement in held.policy.covering(self.action):
            element = statement.principal
            naming = Naming.DIRECT
            if element is not None:
                naming = element.names(ask.principal, ask.canonical_user, denies=not statement.allows)
            if not naming or not self._applies(statement):
                continue
            if statement.allows:
                self.allows.append((kind, held, statement))
                if naming > best:
                    best = naming
            else:
                self.denies.append((kind, held, statement))
        return best

    def _applies(self, statement: Statement) -> bool:
        ask = self.ask
        resources = statement.resources
        if resources is not None and not resources.match(ask.resource, ask.context):
            return False
        for test in statement.tests:  # noqa: SIM110  a generator would cost more than the tests
            if not test.holds(ask.context):
                return False
        return True
