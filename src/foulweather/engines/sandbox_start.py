"""Runs inside the sandbox, as a script: gives up what the program shall not have, then becomes the program.

It is run as `python -I -S sandbox_start.py SETTINGS PROGRAM [ARGUMENT ...]`, so it imports nothing of this project.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from typing import Any

NOT_STARTED = 125
"""The exit status when something could not be given up: then the program is not run."""

AT_FDCWD = -100
AT_RECURSIVE = 0x8000
MOUNT_SETATTR = 442
"""The number of this system call is the same on all of Linux' architectures (since 5.12)."""
MOUNT_READ_ONLY = 1
MS_BIND = 4096
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
CAPABILITIES_MAX = 64
DEVICES = ("null", "zero", "full", "random", "urandom")


class MountAttributes(ctypes.Structure):
    """What mount_setattr(2) takes."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "namespace")]


def main() -> None:
    """Give up, limit, become the program."""
    settings: dict[str, Any] = json.loads(sys.argv[1])
    program = sys.argv[2:]
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if settings["mounts"]:
            confine_files(libc, settings["writable"])
        os.chdir(settings["directory"])
        for name, most in settings["limits"].items():
            limit(getattr(resource, name, None), most)
        if sys.platform == "linux":
            give_up_capabilities(libc)
            # What its children leave behind stays below it, where it can be found and ended.
            checked(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")
        os.execv(program[0], program)
    except OSError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        os._exit(NOT_STARTED)


def limit(kind: int | None, most: int) -> None:
    """Lower a limit; what is lower already stays."""
    if kind is None:
        return
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def give_up_capabilities(libc: ctypes.CDLL) -> None:
    """No capability survives the exec, not even those of a user namespace's root."""
    for capability in range(CAPABILITIES_MAX):
        # Fails where there is no such capability, and where a process has none to give up: both are as wanted.
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def confine_files(libc: ctypes.CDLL, writable: list[str]) -> None:
    """All files read-only but those below `writable`; of the devices only the harmless; no sockets in /run."""
    devices = [(name, os.open(f"/dev/{name}", os.O_PATH)) for name in DEVICES if os.path.exists(f"/dev/{name}")]
    mount(libc, "tmpfs", "/dev", "tmpfs", 0)
    for name, found in devices:
        os.close(os.open(f"/dev/{name}", os.O_CREAT | os.O_WRONLY, 0o666))
        mount(libc, f"/proc/self/fd/{found}", f"/dev/{name}", "", MS_BIND)
        os.close(found)
    if os.path.isdir("/run"):
        mount(libc, "tmpfs", "/run", "tmpfs", 0)
    set_attributes(libc, "/", AT_RECURSIVE, MountAttributes(set=MOUNT_READ_ONLY))
    for path in writable:
        mount(libc, path, path, "", MS_BIND)
        set_attributes(libc, path, 0, MountAttributes(clear=MOUNT_READ_ONLY))


def mount(libc: ctypes.CDLL, source: str, target: str, kind: str, flags: int) -> None:
    """mount(2)."""
    called = libc.mount(source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), None)
    checked(called, f"mount {target}")


def set_attributes(libc: ctypes.CDLL, path: str, flags: int, attributes: MountAttributes) -> None:
    """mount_setattr(2), for which glibc has no function before 2.36."""
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    called = libc.syscall(ctypes.c_long(MOUNT_SETATTR), AT_FDCWD, path.encode(), flags, ctypes.byref(attributes), size)
    checked(called, f"mount_setattr {path}")


def checked(called: int, what: str) -> None:
    """Raise where a system call failed."""
    if called != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


if __name__ == "__main__":
    main()
