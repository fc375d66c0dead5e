"""Calls a learner's Python function, inside the sandbox: one JSON line in, one out, on channels of their own.

It is run as a script, `driver.py SPECIFICATION ASKED ANSWERED`, and imports nothing of this project. Standard output is
the learner's: what a function prints never meets an answer.
"""

from __future__ import annotations

import json
import os
import sys
import time  # noqa: TID251 - measures what a learner's function spends, in a process outside every world
import traceback
from collections import deque
from types import CodeType
from typing import Any

NODES_MAX = 1_000_000
TRACE_LINES_MAX = 6


class Unreadable(Exception):
    """A function returned what it should not."""


class TreeNode:
    """A node of a binary tree, where the learner's file has none."""

    def __init__(self, value: int, left: TreeNode | None = None, right: TreeNode | None = None) -> None:
        self.value, self.left, self.right = value, left, right


class ListNode:
    """A node of a linked list, where the learner's file has none."""

    def __init__(self, value: int, next: ListNode | None = None) -> None:
        self.value, self.next = value, next


def tree(make: Any, values: list[int | None]) -> Any:
    """A tree from its values level by level."""
    if not values:
        return None
    root = make(values[0])
    waiting, rest = deque([root]), iter(values[1:])
    for left in rest:
        node = waiting.popleft()
        for side, value in (("left", left), ("right", next(rest, None))):
            if value is not None:
                child = make(value)
                setattr(node, side, child)
                waiting.append(child)
    return root


def linked(make: Any, values: list[int]) -> Any:
    """A linked list from its values."""
    head = None
    for value in reversed(values):
        head = make(value, head)
    return head


def unlinked(head: Any) -> list[Any]:
    """The values of a linked list."""
    values: list[Any] = []
    while head is not None:
        if not hasattr(head, "value") or not hasattr(head, "next"):
            raise Unreadable(f"it returned {article(head)}, not a ListNode")
        values.append(head.value)
        if len(values) > NODES_MAX:
            raise Unreadable("the list that it returned has no end: it runs in a circle")
        head = head.next
    return values


def article(value: Any) -> str:
    """The type of a value, as it is said."""
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def place(trace: Any, file: str) -> int:
    """The last line of the learner's file on the way to an error."""
    return next((frame.lineno or 0 for frame in reversed(traceback.extract_tb(trace)) if frame.filename == file), 0)


def refusal(kind: str, error: BaseException, file: str) -> dict[str, Any]:
    """Why there is no function to call, or no result."""
    is_syntax = isinstance(error, SyntaxError)
    try:
        message = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:
        message = ""
    return {
        kind: type(error).__name__,
        "message": message[:500],
        "line": (error.lineno or 0) if is_syntax else place(error.__traceback__, file),
        "text": ((error.text or "").rstrip() if is_syntax else "")[:200],
    }


class Driver:
    """A learner's file, and the function in it."""

    def __init__(self, specification: dict[str, Any]) -> None:
        self._file: str = specification["file"]
        self._name: str = specification["function"]
        self._kinds: list[str] = specification["kinds"]
        self._returns: str = specification["returns"]
        self._module: dict[str, Any] = {"__name__": "solution", "__file__": self._file}
        self._function: Any = None

    def loaded(self) -> dict[str, Any]:
        """Read the file and find the function; what it says of that."""
        try:
            with open(self._file, "rb") as opened:
                code: CodeType = compile(opened.read(), self._file, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            return refusal("syntax", error, self._file)
        # dataclasses and typing look a class's module up here.
        sys.modules["solution"] = module = type(sys)("solution")
        module.__dict__.update(self._module)
        self._module = module.__dict__
        try:
            exec(code, self._module)
        except BaseException as error:
            return refusal("import", error, self._file)
        self._function = self._module.get(self._name)
        if not callable(self._function):
            names = [
                name
                for name, value in self._module.items()
                if callable(value) and getattr(value, "__module__", "") == "solution" and not isinstance(value, type)
            ]
            return {"missing": self._name, "functions": names}
        return {"ready": True}

    def answer(self, given: list[Any]) -> dict[str, Any]:
        """Call it once."""
        arguments = [self._argument(kind, value) for kind, value in zip(self._kinds, given, strict=True)]
        # A limit on CPU time makes Linux count the process's time in ticks; the thread's stays exact.
        before_ns = time.thread_time_ns()
        try:
            result = self._function(*arguments)
        except BaseException as error:
            return refusal("raised", error, self._file) | {"cpu_ns": time.thread_time_ns() - before_ns}
        spent_ns = time.thread_time_ns() - before_ns
        try:
            if self._returns == "linked_list":
                result = unlinked(result)
            return {"result": json.loads(json.dumps(result)), "cpu_ns": spent_ns}
        except Unreadable as error:
            message = str(error)
        except (TypeError, ValueError, RecursionError):
            message = f"it returned {article(result)} that is no plain number, text, truth value or list of these"
        return {"unreadable": message, "cpu_ns": spent_ns}

    def _argument(self, kind: str, value: Any) -> Any:
        if kind == "tree":
            return tree(self._module.get("TreeNode", TreeNode), value)
        if kind == "linked_lists":
            return [linked(self._module.get("ListNode", ListNode), each) for each in value]
        return value


def main() -> None:
    """Answer until there are no more questions."""
    asked, answered = (os.dup(int(number)) for number in sys.argv[-2:])
    for number in sys.argv[-2:]:
        os.close(int(number))
    driver = Driver(json.loads(sys.argv[1]))

    nowhere = open(os.devnull, "w")  # noqa: SIM115 - for as long as there are questions

    def say(told: dict[str, Any]) -> None:
        # The learner's prints first: they belong to what is answered now.
        try:
            sys.stdout.flush()
        except Exception:
            sys.stdout = nowhere
        text = memoryview(json.dumps(told).encode() + b"\n")
        while text:
            text = text[os.write(answered, text) :]

    say(driver.loaded())
    with os.fdopen(asked, "rb") as questions:
        for line in questions:
            say(driver.answer(json.loads(line)))


if __name__ == "__main__":
    main()
