"""Starts environments fast: an interpreter that has loaded what functions need, and forks for each of them.

Run as `python -I zygote.py SOCKET`: each message on the socket is JSON, with file descriptors for one environment
(control, output, clock page). Answers say which environment's process has ended and how.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foulweather.engines.functions.foulweather_inside import python_runtime, walls, world_clock
else:
    HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path.insert(0, HERE)
    from foulweather_inside import python_runtime, walls, world_clock

    sys.path.remove(HERE)

"localhost".encode("idna")  # which every connection asks for: behind the walls its module may not be there
MESSAGE_BYTES_MAX = 1 << 20
DESCRIPTORS_MAX = 4
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
NOT_STARTED, EXTENSION_ENDED = 125, 124
CARRIED_TRIES_MAX, CARRIED_PAUSE_S, CARRIED_S_MAX = 5, 0.1, 5


def main() -> None:
    """Fork for each message, until the socket closes; then everything that was started ends too."""
    asked = socket.socket(fileno=int(sys.argv[1]))
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux":
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    woken, waker = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, noticed)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    names: dict[int, str] = {}
    turn = 0
    while True:
        ready, _, _ = select.select([asked, woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            report(asked, names)
        if asked in ready:
            text, descriptors = b"", list[int]()
            with contextlib.suppress(OSError):
                text, descriptors, _, _ = socket.recv_fds(asked, MESSAGE_BYTES_MAX, DESCRIPTORS_MAX)
            if not text:
                end_all(names)
                return
            room = json.loads(text)
            turn += 1
            room["uid"] = walls.user(turn)
            pid = start(libc, room, descriptors, [asked.fileno(), woken, waker])
            names[pid] = room["name"]
            for descriptor in descriptors:
                os.close(descriptor)
            tell(asked, {"name": room["name"], "pid": pid})


def noticed(number: int, frame: object) -> None:
    """A child has ended: the pipe wakes the loop."""


def report(asked: socket.socket, names: dict[int, str]) -> None:
    """Tell of every process that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        name = names.pop(pid, None)
        if name is not None:
            tell(asked, {"name": name, "status": os.waitstatus_to_exitcode(status)})


def tell(asked: socket.socket, message: dict[str, Any]) -> None:
    """Send one message to the server."""
    with contextlib.suppress(OSError):
        asked.send(json.dumps(message).encode())


def end_all(names: dict[int, str]) -> None:
    """Leave nothing running."""
    for pid in names:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def start(libc: ctypes.CDLL, room: dict[str, Any], descriptors: list[int], ours: list[int]) -> int:
    """Fork an environment; the pid by which this machine knows it."""
    if not room["apart"]:
        pid = os.fork()
        if pid == 0:
            run(libc, room, descriptors, ours)
        return pid
    reader, writer = os.pipe()
    parted, parting = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            walls.leave_namespaces(libc)
            inner = os.fork()  # the first process of its own process namespace: with it everything there ends
        except OSError as error:
            os.write(writer, f"-{error}".encode())
            os._exit(NOT_STARTED)
        if inner == 0:
            os.close(parting)
            os.read(parted, 1)  # until the process between is no more: from then on the zygote is the parent
            for descriptor in (reader, writer, parted):
                os.close(descriptor)
            run(libc, room, descriptors, ours)
        os.write(writer, str(inner).encode())
        os._exit(0)
    os.close(writer)
    told = os.read(reader, 512).decode()
    os.waitpid(pid, 0)
    os.write(parting, b"\0")
    for descriptor in (reader, parted, parting):
        os.close(descriptor)
    return int(told) if told.isdigit() else pid


def run(libc: ctypes.CDLL, room: dict[str, Any], descriptors: list[int], ours: list[int]) -> None:
    """Become the environment; does not return."""
    status = NOT_STARTED
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        control, output, page = descriptors[:3]
        if room["apart"] and os.getuid() == 0:
            for each in (output, *descriptors[3:]):
                os.fchown(each, room["uid"], -1)  # so that it can open /dev/stdout
        for number in (1, 2):
            os.dup2(output, number)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        for descriptor in (output, nothing, *ours):
            os.close(descriptor)
        os.setsid()
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        prepare(libc, room, control)
        status = keep(libc, room, page, descriptors[3:])
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)


def prepare(libc: ctypes.CDLL, room: dict[str, Any], control: int) -> None:
    """Go behind the walls, and hand the doors of the own network to the server."""
    if room["apart"]:
        walls.loopback_up()
    doors = walls.listeners(tuple(room["ports"]), ("runtime API", "endpoint", "HTTPS", "HTTP"))
    doors += [walls.mailbox(port) for port in room["datagram_ports"]]
    with socket.socket(fileno=control) as told:
        where = json.dumps([door.getsockname()[1] for door in doors]).encode()
        socket.send_fds(told, [where], [door.fileno() for door in doors])
    runtime_port, endpoint_port = (door.getsockname()[1] for door in doors[:2])
    daemon_port = doors[len(room["ports"])].getsockname()[1]
    for door in doors:
        door.close()
    if room["apart"]:
        walls.confine(libc, room)
        walls.give_up(libc, room["limits"], room["uid"])
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # another user's process has lost it
    else:
        for name, most in room["limits"].items():
            walls.lower(name, most)
    room["environment"]["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{runtime_port}"
    if endpoint_port:
        room["environment"].setdefault("AWS_ENDPOINT_URL", f"http://127.0.0.1:{endpoint_port}")
    room["environment"].setdefault("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{daemon_port}")
    os.environ.clear()
    os.environ.update(room["environment"])
    os.chdir(room["directory"])


def keep(libc: ctypes.CDLL, room: dict[str, Any], page: int, outputs: list[int]) -> int:
    """Start the extensions and the runtime, and stay until the runtime ends; its exit status.

    `outputs` is where extensions print, where there are any.
    """
    if room["python"] and not room["extensions"] and not room["apart"]:
        return ended_with(lambda: python_runtime.main(room, world_clock, page))
    extensions: set[int] = set()
    for path in room["extensions"]:
        pid = os.fork()
        if pid == 0:
            for output in outputs:
                os.dup2(output, 1)
                os.dup2(output, 2)
            become([path])
        extensions.add(pid)
    for output in outputs:
        os.close(output)
    if extensions and os.fork() == 0:
        carry()
    runtime = os.fork()
    if runtime == 0:
        if room["python"]:
            walls.be_visible(libc)
            os._exit(ended_with(lambda: python_runtime.main(room, world_clock, page)))
        os.set_inheritable(page, True)
        os.environ["FOULWEATHER_CLOCK"] = str(page)
        become(room["command"])
    return watch(runtime, extensions)


def ended_with(work: Callable[[], None]) -> int:
    """The exit status of a Python program, which prints what ended it."""
    status = 0
    try:
        work()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
    except BaseException:
        traceback.print_exc()
        status = 1
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    return status & 0xFF


def watch(runtime: int, extensions: set[int]) -> int:
    """Stay until the runtime or an extension ends; once it is over (SIGUSR1, or SIGUSR2 at once) until all have.

    Where there are extensions the server is told of the runtime's end, and says when it is over.
    """
    left = {runtime, *extensions}
    is_over = False

    def end(number: int, frame: object) -> None:
        nonlocal is_over
        is_over = True
        if runtime in left:
            with contextlib.suppress(OSError):
                os.kill(runtime, signal.SIGTERM if number == signal.SIGUSR1 else signal.SIGKILL)

    signal.signal(signal.SIGUSR1, end)
    signal.signal(signal.SIGUSR2, end)
    while True:
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        if is_over:
            left.discard(pid)
            if not left:
                return 0
        elif pid == runtime:
            code = code if code >= 0 else 128 - code
            left.discard(runtime)
            if not extensions or not tell_end(code):
                return code
        elif pid in extensions:
            return EXTENSION_ENDED


def tell_end(code: int) -> bool:
    """Tell the server that the runtime has ended; whether it has heard."""
    try:
        wire = python_runtime.Wire(os.environ["AWS_LAMBDA_RUNTIME_API"])
        wire.ask("POST", "/foulweather/ended", json.dumps({"status": code}).encode(), {})
        wire.close()
    except (OSError, SystemExit):
        return False
    return True


def carry() -> None:
    """Carry telemetry from the server to the extensions that listen for it; does not return.

    Nothing can be imported any more: an environment of another language has no Python.
    """
    with contextlib.suppress(BaseException):
        wire = python_runtime.Wire(os.environ["AWS_LAMBDA_RUNTIME_API"])
        while True:
            _, headers, events = wire.ask("GET", "/foulweather/telemetry", b"", {})
            host, _, path = headers["foulweather-destination"].partition("://")[2].partition("/")
            for _ in range(CARRIED_TRIES_MAX):
                try:
                    put_down(host, f"/{path}", events)
                    break
                except OSError:
                    select.select([], [], [], CARRIED_PAUSE_S)
    os._exit(0)


def put_down(host: str, path: str, body: bytes) -> None:
    """POST events to who listens within the environment, and wait until they were answered."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    port = int(host.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=CARRIED_S_MAX) as listener:
        listener.sendall(head.encode() + body)
        while listener.recv(4096):
            pass


def become(command: list[str]) -> None:
    """Be another program."""
    try:
        os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error}\n".encode())
    os._exit(NOT_STARTED)


if __name__ == "__main__":
    main()
