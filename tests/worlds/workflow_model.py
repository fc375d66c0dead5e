"""Workflows out of a grammar, and a naive interpreter of them that a reader can check by eye."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from harness import ACCOUNT

ITEMS = [1, 2, 3]
DAY_MS = 86_400_000


def queue(name: str) -> str:
    return f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}"


@dataclass
class Grammar:
    """Draws definitions; no two states have the same name."""

    draws: random.Random
    count: int = 0

    def name(self) -> str:
        self.count += 1
        return f"S{self.count}"

    def flow(self, depth: int) -> dict[str, Any]:
        """A few states, one after the other; a Choice may skip some of them."""
        names = [self.name() for _ in range(self.draws.randint(1, 4))]
        states: dict[str, Any] = {}
        for at, name in enumerate(names):
            following = names[at + 1 :]
            states[name] = self.state(depth, following)
        return {"StartAt": names[0], "States": states}

    def state(self, depth: int, following: list[str]) -> dict[str, Any]:
        draws = self.draws
        kinds = ["Pass", "Pass", "Wait", "Task", "Task"]
        kinds += ["Choice", "Choice"] if following else ["Fail"] if draws.random() < 0.3 else []
        kinds += ["Parallel", "Map"] if depth else []
        kind = draws.choice(kinds)
        if kind == "Choice":
            rule = {"Variable": "$.n", "NumericGreaterThan": draws.randint(0, 20), "Next": draws.choice(following)}
            return {"Type": "Choice", "Choices": [rule], "Default": following[0]}
        if kind == "Fail":
            return {"Type": "Fail", "Error": "Bad"}
        state: dict[str, Any] = {"Type": kind}
        if following:
            state["Next"] = following[0]
        else:
            state["End"] = True
        if kind == "Pass":
            add = f"States.MathAdd($.n, {draws.randint(-5, 9)})"
            return {**state, "Parameters": {"n.$": add, "items.$": "$.items"}}
        if kind == "Wait":
            return {**state, "Seconds": draws.choice([0, 1, 7, 60, 86_400])}
        if kind == "Task":
            name = draws.choice(["good", "good", "flaky", "none"])
            state |= {
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": queue(name), "MessageBody.$": "States.JsonToString($)"},
                "ResultPath": None,
            }
        elif kind == "Parallel":
            state["Branches"] = [self.flow(depth - 1) for _ in range(draws.randint(1, 3))]
            state["ResultSelector"] = {"n.$": "$[0].n", "items.$": "$[0].items"}
        else:
            state |= {
                "ItemsPath": "$.items",
                "MaxConcurrency": draws.choice([0, 1, 2]),
                "ItemSelector": {"n.$": "$$.Map.Item.Value", "items.$": "$.items"},
                "ItemProcessor": self.flow(depth - 1),
                "ResultSelector": {"n.$": "$[2].n", "items.$": "$[0].items"},
            }
        return state | self.mended(following)

    def mended(self, following: list[str]) -> dict[str, Any]:
        """Retries and catchers, sometimes."""
        draws, found = self.draws, dict[str, Any]()
        if draws.random() < 0.5:
            retrier = {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": draws.choice([1, 10]),
                "BackoffRate": draws.choice([1, 2]),
                "MaxAttempts": draws.randint(0, 3),
            }
            found["Retry"] = [retrier]
        if following and draws.random() < 0.5:
            catcher = {"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": draws.choice(following)}
            found["Catch"] = [catcher]
        return found


@dataclass
class Ending:
    """When a flow or state ends, and whether well."""

    at_ms: int
    is_good: bool
    value: dict[str, Any] = field(default_factory=dict[str, Any])
    following: str | None = None


@dataclass
class Naive:
    """Runs a definition; `mended_ms` is when the flaky queue is there again."""

    mended_ms: int
    sent: list[int] = field(default_factory=list[int])

    def flow(self, flow: dict[str, Any], value: dict[str, Any], at_ms: int) -> Ending:
        name: str | None = flow["StartAt"]
        while name is not None:
            ending = self.state(flow["States"][name], value, at_ms)
            if not ending.is_good:
                return ending
            value, at_ms, name = ending.value, ending.at_ms, ending.following
        return Ending(at_ms, True, value)

    def state(self, state: dict[str, Any], value: dict[str, Any], at_ms: int) -> Ending:
        retriers = state.get("Retry") or [{"MaxAttempts": 0}]
        for attempt in range(retriers[0]["MaxAttempts"] + 1):
            ending = self.attempt(state, value, at_ms)
            if ending.is_good:
                return ending
            at_ms = ending.at_ms
            if attempt < retriers[0]["MaxAttempts"]:
                at_ms += int(1000 * retriers[0]["IntervalSeconds"] * retriers[0]["BackoffRate"] ** attempt)
        for catcher in state.get("Catch") or ():
            return Ending(at_ms, True, value, catcher["Next"])
        return Ending(at_ms, False)

    def attempt(self, state: dict[str, Any], value: dict[str, Any], at_ms: int) -> Ending:
        kind, following = state["Type"], state.get("Next")
        if kind == "Choice":
            rule = state["Choices"][0]
            is_met = value["n"] > rule["NumericGreaterThan"]
            return Ending(at_ms, True, value, rule["Next"] if is_met else state["Default"])
        if kind == "Fail":
            return Ending(at_ms, False)
        if kind == "Pass":
            add = int(state["Parameters"]["n.$"].split(",")[1].rstrip(")"))
            return Ending(at_ms, True, {**value, "n": value["n"] + add}, following)
        if kind == "Wait":
            return Ending(at_ms + state["Seconds"] * 1000, True, value, following)
        if kind == "Task":
            name = state["Parameters"]["QueueUrl"].rpartition("/")[2]
            if name == "none" or (name == "flaky" and at_ms <= self.mended_ms):
                return Ending(at_ms, False)
            self.sent.append(at_ms)
            return Ending(at_ms, True, value, following)
        if kind == "Parallel":
            endings = [self.flow(branch, value, at_ms) for branch in state["Branches"]]
            return self.together(endings, following, 0)
        endings = self.iterations(state, value, at_ms)
        return self.together(endings, following, 2)

    def iterations(self, state: dict[str, Any], value: dict[str, Any], at_ms: int) -> list[Ending]:
        """One after the other as places become free; none begins after one has failed."""
        free = [at_ms] * (state["MaxConcurrency"] or len(ITEMS))
        endings: list[Ending] = []
        for item in value["items"]:
            begins_ms = min(free)
            if any(not each.is_good and each.at_ms <= begins_ms and begins_ms > at_ms for each in endings):
                break
            ending = self.flow(state["ItemProcessor"], {"n": item, "items": value["items"]}, begins_ms)
            endings.append(ending)
            free[free.index(begins_ms)] = ending.at_ms
        return endings

    def together(self, endings: list[Ending], following: str | None, chosen: int) -> Ending:
        failed = [each.at_ms for each in endings if not each.is_good]
        if failed:
            return Ending(min(failed), False)
        return Ending(max(each.at_ms for each in endings), True, endings[chosen].value, following)
