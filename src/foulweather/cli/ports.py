"""Who has a port, as far as this machine tells."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

LISTEN = "0A"


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there; raises OSError where the host is no address of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def holder(port: int) -> str:
    """The program that listens on a port, as `nginx (process 123)`; empty where the machine does not tell."""
    inodes = _inodes(port)
    if not inodes:
        return ""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if any(os.readlink(each) in inodes for each in (process / "fd").iterdir()):
                command = (process / "cmdline").read_bytes().split(b"\0")
                return f"{b' '.join(command[:4]).decode(errors='replace').strip()} (process {process.name})"
        except OSError:
            continue
    return ""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True


def is_foulweather(pid: int) -> bool:
    """Whether a process is a server of ours, by how it was started: numbers of processes are used again.

    A command line that merely has the word in it (an editor, a type checker) is none.
    """
    if not is_alive(pid):
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    programs = (word.rpartition(b"/")[2] for word in words)
    return any(
        program in (b"foulweather", b"foul") and after == b"up"
        for program, after in zip(programs, words[1:], strict=False)
    )


def tells_of_processes() -> bool:
    """Whether this machine says how its processes were started."""
    return Path("/proc/self/cmdline").exists()


def _inodes(port: int) -> set[str]:
    found: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
