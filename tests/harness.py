"""A caller for unit tests: operations through the pipeline and all its gates, on a held clock, without the wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foulweather.gates import GATES
from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Services
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal
from foulweather.world.journal import Event
from foulweather.world.world import World

ACCOUNT = "111122223333"
REGION = "us-east-1"
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z

_services = Services()


class Aws:
    """`aws.sqs.create_queue({...})` as the root user of an account, or as somebody else."""

    def __init__(
        self,
        pipeline: Pipeline,
        principal: Principal | None = None,
        account: str = ACCOUNT,
        region: str = REGION,
        session: Session | None = None,
        access_key_id: str = "",
    ) -> None:
        self.pipeline = pipeline
        self.world = pipeline.world
        self.principal = principal or principals.root(account)
        self.account = account
        self.region = region
        self.session = session
        self.access_key_id = access_key_id

    def __getattr__(self, service: str) -> _Operations:
        return _Operations(self, service.rstrip("_"))

    def as_principal(self, principal: Principal, session: Session | None = None) -> Aws:
        """The same place, somebody else."""
        return Aws(self.pipeline, principal, principal.account or self.account, self.region, session)

    def in_account(self, account: str) -> Aws:
        """The root user of another account."""
        return Aws(self.pipeline, None, account, self.region)

    def in_region(self, region: str) -> Aws:
        """The same caller in another region."""
        return Aws(self.pipeline, self.principal, self.account, region, self.session)

    @property
    def now(self) -> int:
        """The world's time in milliseconds."""
        return self.world.clock.now_ms

    async def advance(self, *, seconds: int = 0, ms: int = 0) -> None:
        """Move the held clock; what is due happens in order."""
        await self.world.advance_to(self.now + seconds * 1000 + ms)

    def events(self, kind: str) -> list[Event]:
        """The journal's events of a kind."""
        return [event for event in self.world.journal if event.kind == kind]


class _Operations:
    def __init__(self, aws: Aws, service: str) -> None:
        self._aws = aws
        self._service = service

    def __getattr__(self, python_name: str) -> Any:
        aws = self._aws
        operation = aws.pipeline.services.operation_by_python_name(self._service, python_name)

        def operate(request: dict[str, Any] | None = None) -> Any:
            call = Call(
                aws.pipeline,
                self._service,
                operation.name,
                aws.account,
                "us-east-1" if operation.service.is_global else aws.region,
                aws.principal,
                session=aws.session,
                access_key_id=aws.access_key_id,
            )
            return aws.pipeline.run(call, operation, request or {})

        return operate


def new_aws(*, seed: int = 1, directory: Path | None = None, world: World | None = None) -> Aws:
    """A fresh world on a held clock, and its root caller."""
    world = world or World(seed=seed, mode="held", start_ms=START_MS, directory=directory)
    return Aws(Pipeline(world, _services, GATES))
