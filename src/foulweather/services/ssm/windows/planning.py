"""When a window is to open next."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.ssm.windows import schedules
from foulweather.services.ssm.windows.state import Window, WindowsState


def plan(call: Call, state: WindowsState, window: Window) -> None:
    """Have a window open when it is due next."""
    window.due_ms = schedules.next_ms(window, call.now)
    state.windows.touch(window.id)
    if window.due_ms:
        call.later(window.due_ms, "ssm.open_window", window=window.id, due_ms=window.due_ms)
