"""How one service uses another: by acting as a principal, through the same gates, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.policy.principal import Principal

if TYPE_CHECKING:
    from foulweather.kernel.service import Service


class Ports:
    """`ports.sqs.send_message({...})`: every service by its model's name."""

    __slots__ = ("account", "call", "principal", "region", "session", "source_account", "source_arn", "via")

    def __init__(
        self,
        call: Call,
        principal: Principal,
        account: str,
        region: str,
        source_arn: str,
        source_account: str,
        session: Session | None,
        via: tuple[str, ...] | None = None,
    ) -> None:
        self.call = call
        self.principal = principal
        self.account = account
        self.region = region
        self.source_arn = source_arn
        self.source_account = source_account
        self.session = session
        self.via = _via(call, principal) if via is None else via

    def __getattr__(self, service: str) -> Port:
        return Port(self, service.rstrip("_"))


class Port:
    """One service's operations; each takes a request dict and gives the response or raises AwsError.

    Where the operation is async, so is the port's: await it.
    """

    __slots__ = ("ports", "service")

    def __init__(self, ports: Ports, service: str) -> None:
        self.ports = ports
        self.service = service

    def __getattr__(self, python_name: str) -> Any:
        pipeline = self.ports.call.pipeline
        operation = pipeline.services.operation_by_python_name(self.service, python_name)

        def operate(request: Mapping[str, Any]) -> Any:
            ports, parent = self.ports, self.ports.call
            service: Service = operation.service
            call = Call(
                pipeline,
                service.name,
                operation.name,
                ports.account,
                "us-east-1" if service.is_global else ports.region,
                ports.principal,
                session=ports.session,
                origin=parent.origin,
                source_arn=ports.source_arn,
                source_account=ports.source_account,
                via=ports.via,
                trace_id=parent.trace_id,
                parent_id=parent.request_id,
            )
            return pipeline.run(call, operation, dict(request))

        return operate


def _via(parent: Call, principal: Principal) -> tuple[str, ...]:
    """The services that pass a principal's call on: this one too when it acts in its caller's name.

    A service that acts by itself, or with a role of its own, passes nothing on.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    if principal.kind != "service" and principal == parent.principal:
        return (*parent.via, f"{parent.service}.amazonaws.com")
    return ()
