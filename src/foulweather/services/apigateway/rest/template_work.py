"""What a template has done so far: its steps, and how much it read and wrote. Templates are somebody else's text.

On AWS they run beside others, and end when they take too long; here nothing goes by a clock, so that the same
request ends the same way on every machine.
"""

from __future__ import annotations

from typing import Any, Final, cast

from foulweather.services.apigateway.rest.java_values import RANGE_SHOWN_MAX

TEXT_CHARS_MAX: Final = 10 * 1024 * 1024
# Loops within loops have no limit of their own there; ours keeps one template from holding up everybody.
STEPS_MAX: Final = 100_000
WORK_MAX: Final = 1 << 28
"""Characters copied, about: some seconds' worth at most."""
VALUE_WORK: Final = 64
"""What one value in a list or an object counts for, in characters."""
ELEMENT_WORK: Final = 256
"""What one part of a template counts for."""
DEPTH_MAX: Final = 200


class TooMuch(Exception):
    """A template that would not come to an end, or to a body that may be sent."""


class Work:
    """What the template that is merged has done."""

    def __init__(self) -> None:
        self._steps = 0
        self._work = 0

    def begin(self) -> None:
        """Count anew."""
        self._steps = self._work = 0

    def step(self) -> None:
        """Count something that a loop or a call did."""
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise TooMuch(f"The template did more than {STEPS_MAX} steps")

    def spend(self, characters: int) -> None:
        """Count what is read or written."""
        self._work += characters
        if self._work > WORK_MAX:
            raise TooMuch("The template reads and writes too much")

    def text(self, text: str, *, times: int = 1) -> str:
        """Count a text, which must be one that may be sent."""
        if len(text) > TEXT_CHARS_MAX:
            raise TooMuch(f"The template's text is longer than {TEXT_CHARS_MAX} characters")
        self.spend(len(text) * times if text.isascii() else len(text) * times * 4)
        return text

    def value(self, value: Any, depth: int = 0) -> None:
        """Count all that is in a value, as often as whoever prints or compares it comes by."""
        if isinstance(value, str):
            self.text(value)
        elif isinstance(value, range):
            self.spend(VALUE_WORK * min(len(value), RANGE_SHOWN_MAX))
        elif isinstance(value, list | dict):
            if depth > DEPTH_MAX:
                raise TooMuch(f"A value of the template is nested deeper than {DEPTH_MAX} levels")
            held = cast("dict[str, Any] | list[Any]", value)
            self.spend(VALUE_WORK * (1 + len(held)))
            for each in held.values() if isinstance(held, dict) else held:
                if isinstance(each, str | list | dict | range):
                    self.value(each, depth + 1)


WORK: Final = Work()
"""Of the one template that is merged: a world has one thread, and no template waits for anything."""
