"""How a window's execution goes on: tasks by priority, so many targets at once, none begun after the cutoff.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTaskWithMaintenanceWindow.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.ssm.windows import limits, planning, targeting
from foulweather.services.ssm.windows.state import OVER, Invocation, Run, TaskRun, Window, WindowsState

_FAILED = "One or more tasks in the orchestration failed."


def open_window(call: Call, state: WindowsState, window: Window) -> None:
    """Begin an execution of a window that is due, unless the one before still goes on."""
    begun_ms = window.due_ms
    members = window.members
    end_ms = begun_ms + members["Duration"] * limits.HOUR_MS
    run = Run(call.world.ids.uuid(), window.id, call.now, end_ms - members["Cutoff"] * limits.HOUR_MS)
    overlapping = any(not each.is_over for each in state.runs_of(window.id))
    planning.plan(call, state, window)
    state.runs.put(run.id, run)
    call.happened("ssm.MaintenanceWindowOpened", window.arn, execution=run.id)
    call.later(call.now + limits.KEPT_MS, "ssm.forget_window_run", run=run.id)
    if overlapping:
        _finish(call, state, run, "SKIPPED_OVERLAPPING")
        return
    run.tasks = [
        TaskRun(call.world.ids.uuid(), task, _invocations(call, window, task.members.get("Targets") or []))
        for task in sorted(window.tasks.values(), key=lambda each: each.members["Priority"])
    ]
    run.details = "" if run.tasks else "No tasks to execute."
    advance(call, state, run)


def advance(call: Call, state: WindowsState, run: Run) -> None:
    """Begin what may begin now; end what has nothing left to do."""
    for task in run.tasks:
        if task.status == "IN_PROGRESS":
            _fill(call, run, task)
    while not any(each.status == "IN_PROGRESS" for each in run.tasks):
        waiting = [each for each in run.tasks if each.status == "PENDING"]
        if not waiting or run.status == "CANCELLING":
            break
        first = min(each.task.members["Priority"] for each in waiting)
        for task in waiting:
            if task.task.members["Priority"] == first:
                task.status, task.started_ms = "IN_PROGRESS", call.now
                _fill(call, run, task)
    state.runs.touch(run.id)
    if not run.is_over and not any(each.status == "IN_PROGRESS" for each in run.tasks):
        _end(call, state, run)


def end_invocation(
    call: Call, state: WindowsState, run: Run, task: TaskRun, one: Invocation, status: str, details: str = ""
) -> None:
    """Note how an invocation went, and go on."""
    if one.status in OVER:
        return
    one.status, one.details, one.ended_ms = status, details[:250], call.now
    facts = {"window": run.window, "task": task.task.members["TaskArn"], "status": status, "details": one.details}
    call.happened("ssm.MaintenanceWindowInvocationEnded", run.id, **facts)
    advance(call, state, run)


def cancel(call: Call, state: WindowsState, run: Run) -> None:
    """Begin nothing more of an execution; what has begun goes on to its end."""
    run.status = "CANCELLING"
    for task in run.tasks:
        _give_up(call, task, "CANCELLED")
        if task.status == "PENDING":
            task.status, task.ended_ms = "CANCELLED", call.now
    advance(call, state, run)


def _fill(call: Call, run: Run, task: TaskRun) -> None:
    """Begin as many of a task's invocations as may go on at once."""
    members = task.task.members
    most = _count(members["MaxConcurrency"], len(task.invocations), least=1)
    failed = sum(each.status == "FAILED" for each in task.invocations)
    if call.now >= run.cutoff_ms:
        _give_up(call, task, "TIMED_OUT")
    elif failed > _count(members["MaxErrors"], len(task.invocations)):
        _give_up(call, task, "CANCELLED")
    at_work = sum(each.status == "IN_PROGRESS" for each in task.invocations)
    for one in task.invocations:
        if one.status == "PENDING" and at_work < most:
            one.status, one.started_ms = "IN_PROGRESS", call.now
            at_work += 1
            call.later(call.now, "ssm.run_window_invocation", run=run.id, task=task.id, invocation=one.id)
    if all(each.status in OVER for each in task.invocations):
        statuses = {each.status for each in task.invocations}
        worst = next((each for each in ("FAILED", "TIMED_OUT", "CANCELLED") if each in statuses), "SUCCESS")
        task.status, task.ended_ms = worst, call.now


def _give_up(call: Call, task: TaskRun, status: str) -> None:
    for one in task.invocations:
        if one.status == "PENDING":
            one.status, one.ended_ms = status, call.now


def _end(call: Call, state: WindowsState, run: Run) -> None:
    statuses = {each.status for each in run.tasks}
    if run.status == "CANCELLING":
        _finish(call, state, run, "CANCELLED")
    elif "FAILED" in statuses:
        run.details = _FAILED
        _finish(call, state, run, "FAILED")
    else:
        _finish(call, state, run, next((each for each in ("TIMED_OUT", "CANCELLED") if each in statuses), "SUCCESS"))


def _finish(call: Call, state: WindowsState, run: Run, status: str) -> None:
    run.status, run.ended_ms = status, call.now
    state.runs.touch(run.id)
    call.happened("ssm.MaintenanceWindowEnded", run.id, window=run.window, status=status, details=run.details)


def _invocations(call: Call, window: Window, given: list[dict[str, object]]) -> list[Invocation]:
    """One invocation for each node; one altogether of a task without targets."""
    if not given:
        return [Invocation(call.world.ids.uuid())]
    found = [Invocation(call.world.ids.uuid(), node) for node in targeting.nodes(given)]
    for target_id in targeting.named(given):
        target = window.targets.get(target_id)
        if target is None:  # it was taken away since
            continue
        owner: str = target.members.get("OwnerInformation") or ""
        for node in targeting.nodes(target.members["Targets"]):
            found.append(Invocation(call.world.ids.uuid(), node, target_id, owner))
    return found


def _count(text: str, of: int, least: int = 0) -> int:
    return max(least, int(text[:-1]) * of // 100 if text.endswith("%") else int(text))
