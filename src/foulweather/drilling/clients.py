"""In-process clients with boto3's method names: `lab.client("sqs").send_message(QueueUrl=…, MessageBody=…)`.

They pass the same gates as a client's HTTP call, as the principal that they are made for, and cost
a few microseconds; nothing is signed, because nobody in between could have changed anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.kernel.call import Call, Origin
from foulweather.kernel.credentials import Credential, Session
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Operation
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal


class Identity:
    """Who a client calls as, from where: an account's root user by default."""

    __slots__ = ("access_key_id", "account", "origin", "principal", "region", "session")

    def __init__(
        self,
        account: str,
        region: str,
        principal: Principal | None = None,
        session: Session | None = None,
        access_key_id: str = "",
        origin: Origin | None = None,
    ) -> None:
        self.account = account
        self.region = region
        self.principal = principal or principals.root(account)
        self.session = session
        self.access_key_id = access_key_id
        self.origin = origin or Origin(user_agent="foulweather-drill")

    @classmethod
    def of(cls, credential: Credential, region: str) -> Identity:
        """The identity that an issued key stands for."""
        return cls(credential.account, region, credential.principal, credential.session, credential.access_key_id)


class Client:
    """One service, as one identity. A method gives the response, or an awaitable of it where AWS would wait
    (a long poll), or raises AwsError.
    """

    def __init__(self, pipeline: Pipeline, service: str, identity: Identity) -> None:
        self._pipeline = pipeline
        self._service = service
        self._identity = identity

    def __getattr__(self, python_name: str) -> Callable[..., Any]:
        operation = self._pipeline.services.operation_by_python_name(self._service, python_name)
        method = self._bound(operation)
        self.__dict__[python_name] = method
        return method

    def _bound(self, operation: Operation) -> Callable[..., Any]:
        pipeline, identity = self._pipeline, self._identity
        region = "us-east-1" if operation.service.is_global else identity.region

        def call(**request: Any) -> Any:
            made = Call(
                pipeline,
                operation.service.name,
                operation.name,
                identity.account,
                region,
                identity.principal,
                access_key_id=identity.access_key_id,
                session=identity.session,
                origin=identity.origin,
            )
            return pipeline.run(made, operation, request)

        return call
