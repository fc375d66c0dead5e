"""Another service that takes its time: an operation that needs its answer waits for it, and then begins anew.

Operations are decided at once, so that nothing comes between. Where the other service (KMS, mostly) does not answer
at once, because a fault holds it up, the operation is left before it has changed anything, the kernel waits, and
carries it out from its beginning: it looks at everything anew, and finds the answer there:

    response = answers.given(call, question)
    if response is None:
        response = call.forwarded("s3").kms.decrypt(question)
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, question, response)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.world.world import World

Response = Mapping[str, Any]


class NotYet(Exception):
    """Another service has not answered a question of a call yet."""

    def __init__(self, call: Call, question: Mapping[str, Any], answer: Awaitable[Response]) -> None:
        super().__init__(call.request_id)
        self.call = call
        self.question = question
        self.answer = answer

    async def come(self) -> None:
        """Wait until it answers, or refuses, and keep that for the call."""
        call = self.call
        given: Response | AwsError
        try:
            given = await self.answer
        except AwsError as refusal:
            given = refusal
        call.reread_clock()
        Answers.of(call.world).setdefault(call.request_id, []).append((self.question, given))


class Answers:
    """What other services have answered to calls that waited for it, by their request ids."""

    def __init__(self) -> None:
        self.held: dict[str, list[tuple[Mapping[str, Any], Response | AwsError]]] = {}

    @classmethod
    def of(cls, world: World) -> dict[str, list[tuple[Mapping[str, Any], Response | AwsError]]]:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Answers, found).held


def given(call: Call, question: Mapping[str, Any]) -> Response | None:
    """The answer to a question that the call has waited for; a refusal is raised."""
    for asked, answer in Answers.of(call.world).get(call.request_id, ()):
        if asked == question:
            if isinstance(answer, AwsError):
                raise answer
            return answer
    return None


async def answered(pending: NotYet, again: Callable[[], Any]) -> Any:
    """What comes of doing something anew, as often as there is something to wait for."""
    call = pending.call
    try:
        while True:
            await pending.come()
            try:
                result = again()
                break
            except NotYet as further:
                pending = further
    finally:
        Answers.of(call.world).pop(call.request_id, None)
    return await cast("Awaitable[Any]", result) if isinstance(result, Awaitable) else result
