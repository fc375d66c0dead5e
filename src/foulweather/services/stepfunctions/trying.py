"""One state on its own, as TestState runs it: evaluated and called like in an execution, but leaving nothing behind.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.parking import Parking
from foulweather.services.stepfunctions import (
    asking,
    http_requests,
    item_readers,
    limits,
    mocks,
    outcomes,
    refusals,
    resources,
    shaping,
    trying_maps,
)
from foulweather.services.stepfunctions.calling import Answer, Failure, Outcome, perform
from foulweather.services.stepfunctions.http_tasks import Exchange
from foulweather.services.stepfunctions.language import retrying
from foulweather.services.stepfunctions.language.errors import StatesError
from foulweather.services.stepfunctions.language.parsing import parse
from foulweather.services.stepfunctions.language.records import (
    AnyState,
    Choice,
    Fail,
    Finished,
    Map,
    Parallel,
    Pass,
    Scope,
    Succeed,
    Task,
    Wait,
)
from foulweather.services.stepfunctions.running import Trouble, encode

LONGEST_MS: Final = 300_000
_PATHS: Final = ("InputPath", "Parameters", "ResultSelector", "ResultPath", "OutputPath")


class Trial:
    """A state with its input, variables and context, and what was seen on the way."""

    def __init__(self, call: Call, name: str, raw: dict[str, Any], language: str, role: str) -> None:
        self.call = call
        self.name = name
        self.raw = raw
        self.language = raw.get("QueryLanguage") or language
        self.role = role
        self.state = compiled(name, raw, language)
        self.seen: dict[str, Any] = {}
        self.configuration: Mapping[str, Any] = {}
        self.exchange = Exchange()

    async def run(self, value: Any, scope: Scope, mock: Mapping[str, Any] | None) -> tuple[Finished, str | None]:
        """What the state makes of its input, and where it goes; raises Tried with an error."""
        state = self.state
        self._look(value, scope)
        if isinstance(state, Map):
            self._look_at_map(state, value, scope)
        if isinstance(state, Choice):
            decided = state.decide(value, scope)
            return Finished(decided.output, decided.assigned), decided.next
        if isinstance(state, Fail):
            failure = state.failure(value, scope)
            raise Tried(Trouble(failure.error or "", failure.cause))
        if isinstance(state, Pass):
            result = state.result(value, scope)
        elif isinstance(state, Wait):
            await self._pause(state, value, scope)
            result = state.arguments(value, scope)
        elif isinstance(state, Succeed):
            result = state.arguments(value, scope)
        elif mock is not None:
            result = mocks.result(state, mock)
        else:
            result = await self._work(state, value, scope)
        self._look_at_result(value, result, scope)
        return state.finish(value, result, scope), state.next

    async def _pause(self, state: Wait, value: Any, scope: Scope) -> None:
        pause, call = state.pause(value, scope), self.call
        until_ms = pause.at_ms if pause.at_ms is not None else call.now + (pause.delay_ms or 0)
        if until_ms > call.now + LONGEST_MS:
            raise Tried(Trouble("States.Timeout", None))
        if until_ms > call.now:
            with call.world.awaited():
                await Parking().wait(call, until_ms)

    async def _work(self, state: Task | Parallel | Map, value: Any, scope: Scope) -> Any:
        resource = resources.of(state.resource) if isinstance(state, Task) else None
        if not isinstance(state, Task) or resource is None or resource.kind == "activity" or resource.pattern:
            # "TestState only supports the following when a mock is specified: Activity tasks, .sync or
            # .waitForTaskToken service integration patterns, Parallel, or Map states."
            raise refusals.invalid(f"The state {self.name} can only be tested with a mock", type=state.type)
        if resource.kind == "optimized" and resource.service == "eks":
            raise not_implemented("stepfunctions", resource.arn)
        arguments = state.arguments(value, scope)
        self.seen["afterArguments" if self.language == "JSONata" else "afterParameters"] = arguments
        try:
            asked = asking.asked(resource, arguments, self.call.world.ids.uuid)
        except shaping.Unusable as error:
            cause = f"The Parameters '{encode(arguments)}' could not be used to start the Task: [{error}]"
            raise Tried(Trouble("States.Runtime", cause)) from None
        machine = self.call.arn("states", "stateMachine:TestState")
        if asked.model == http_requests.MODEL:
            asked = asked._replace(exchange=self.exchange)
        begun: Any = perform(self.call, machine, self.role, "", asked)
        outcome = cast(Outcome, await begun if inspect.isawaitable(begun) else begun)
        if isinstance(outcome, Failure) and outcome.error.code == "NotImplemented":
            raise outcome.error
        trouble = outcomes.trouble_of(resource, outcome)
        if trouble is not None:
            raise Tried(trouble)
        return outcomes.result_of(resource, cast(Answer, outcome))

    # --- what inspection shows

    def _look(self, value: Any, scope: Scope) -> None:
        self.seen["input"] = value
        if self.language == "JSONata":
            if isinstance(self.state, Parallel | Task):
                self.seen["afterArguments"] = self.state.arguments(value, scope)
            return
        for shown, kept in (("afterInputPath", ("InputPath",)), ("afterParameters", ("InputPath", "Parameters"))):
            if self.state.type in ("Pass", "Task", "Parallel", "Map", "Choice", "Wait", "Succeed"):
                held = {name: self.raw[name] for name in kept if name in self.raw}
                self.seen[shown] = self._derived({"Type": "Pass", **held}, value, None, scope)

    def _look_at_map(self, state: Map, value: Any, scope: Scope) -> None:
        configured = self.configuration
        try:
            seen, total = trying_maps.look(state, self.language, value, scope, configured.get("mapItemReaderData"))
        except item_readers.Unreadable as error:
            raise trying_maps.unreadable(error) from None
        self.seen |= seen
        trouble = trying_maps.exceeded(seen, total, int(configured.get("mapIterationFailureCount") or 0))
        if trouble is not None:
            raise Tried(trouble)

    def _look_at_result(self, value: Any, result: Any, scope: Scope) -> None:
        self.seen["result"] = result
        if self.language == "JSONata" or not isinstance(self.state, Pass | Task | Parallel | Map):
            return
        if "ResultSelector" in self.raw:
            held = {"ResultSelector": self.raw["ResultSelector"]}
            own = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", **held}
            self.seen["afterResultSelector"] = self._derived(own, value, result, scope)
        whole = {name: each for name, each in self.raw.items() if name != "OutputPath"}
        self.seen["afterResultPath"] = self._derived(whole, value, result, scope)

    def _derived(self, raw: dict[str, Any], value: Any, result: Any, scope: Scope) -> Any:
        """What a state makes that is the same but for some of its fields."""
        state = cast("Pass | Task", compiled(self.name, raw, self.language))
        if isinstance(state, Pass) and result is None:
            result = state.result(value, scope)
        return state.finish(value, result, scope).output


class Tried(Exception):
    """The state ended with an error."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.error)
        self.trouble = trouble


def compiled(name: str, raw: Mapping[str, Any], language: str) -> AnyState:
    """A state out of its JSON; the states that it names need not be there."""
    held = dict(raw)
    if held.get("Type") not in ("Choice", "Succeed", "Fail") and "Next" not in held:
        held["End"] = True
    states: dict[str, Any] = {target: {"Type": "Succeed"} for target in _targets(held)}
    states[name] = held
    document = {"StartAt": name, "QueryLanguage": language, "States": states}
    return parse(encode(document)).flow.states[name]


def _targets(raw: Mapping[str, Any]) -> set[str]:
    found: set[str] = {str(raw[name]) for name in ("Next", "Default") if raw.get(name)}
    for field in ("Choices", "Catch"):
        for each in cast("list[Any]", raw.get(field) or []):
            if isinstance(each, dict) and cast("dict[str, Any]", each).get("Next"):
                found.add(str(cast("dict[str, Any]", each)["Next"]))
    return found


def found_in(states: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """A state by its name, wherever it is within others."""
    for key, raw in states.items():
        if key == name:
            return raw
        inner: list[Any] = [*(raw.get("Branches") or ()), raw.get("ItemProcessor") or {}, raw.get("Iterator") or {}]
        for each in inner:
            found = found_in(each.get("States") or {}, name)
            if found is not None:
                return found
    return None


def ended(trial: Trial, trouble: Trouble, value: Any, scope: Scope, retries: int) -> dict[str, Any]:
    """How a state ends with an error: it would be tried again, the error is caught, or the execution fails."""
    told: dict[str, Any] = {"error": trouble.error, "status": "FAILED"}
    if trouble.cause is not None:
        told["cause"] = trouble.cause
    state = trial.state
    if not isinstance(state, Task | Parallel | Map):
        return told
    for number, retrier in enumerate(state.retry):
        if retrying.matches(retrier.error_equals, trouble.error):
            delay_ms = retrying.delay_ms(retrier, retries + 1, scope.random)
            if delay_ms is not None:
                trial.seen["errorDetails"] = {"retryIndex": number, "retryBackoffIntervalSeconds": delay_ms // 1000}
                return {**told, "status": "RETRIABLE"}
            break
    for number, catcher in enumerate(state.catch):
        if retrying.matches(catcher.error_equals, trouble.error):
            output = {"Error": trouble.error, **({} if trouble.cause is None else {"Cause": trouble.cause})}
            trial.seen["errorDetails"] = {"catchIndex": number}
            finished = catcher.finish(value, output, scope)
            return {**told, "status": "CAUGHT_ERROR", "output": encode(finished.output), "nextState": catcher.next}
    return told


def document(text: str | None, what: str, default: Any) -> Any:
    """JSON of a request's member."""
    if not text:
        return default
    if not limits.is_json(text):
        message = f"Invalid State Machine Execution Input: '{what} is not valid JSON'"
        raise AwsError("InvalidExecutionInput", message, 400)
    return msgspec.json.decode(text)


def of_language(trial: Trial, error: StatesError) -> Trouble:
    """An error of evaluation, in the words of an execution whose first state this is."""
    return Trouble(error.error, error.cause_in(trial.name, 2))
