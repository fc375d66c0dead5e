"""Puts a process into namespaces and a file tree of its own; on Linux, as root or with user namespaces."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import socket
import struct
from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT = 1, 2, 4, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
MOUNT_SETATTR = 442
"""The number of this system call is the same on all of Linux' architectures (since 5.12)."""
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, PR_SET_DUMPABLE = 38, 24, 4
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x1 | 0x40
CAPABILITIES_MAX = 64
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
ETC = (
    "/etc/ssl", "/etc/ca-certificates", "/etc/pki", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/localtime", "/etc/alternatives", "/etc/mime.types", "/etc/nsswitch.conf",
)  # fmt: skip
DEVICES = ("null", "zero", "full", "random", "urandom")
USER = "sbx_user1051"
UID = 993
"""The user that functions run as on AWS, by name and number."""
UIDS_FIRST, UIDS_PER_SERVER = 1 << 31, 512
PIDS = 1 << 22


class NotApart(OSError):
    """The machine does not let a process be put behind walls."""


def leave_namespaces(libc: ctypes.CDLL) -> None:
    """Have namespaces of one's own: users (unless root), mounts, network, IPC, names; processes for the children."""
    flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID
    uid, gid = os.getuid(), os.getgid()
    if uid != 0:
        flags |= CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        raise NotApart(ctypes.get_errno(), "unshare")
    if uid != 0:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")


def confine(libc: ctypes.CDLL, room: dict[str, Any]) -> None:
    """Have a file tree with the system's programs, the function's code and an empty `/tmp`, and nothing else.

    `room`: `root` (an empty directory), `binds` (where -> what, read-only), `tmp_mib`, `hostname`, `uid`, and whether
    somebody `resolves` names here.
    """
    root = room["root"]
    _mount(libc, "none", "/", "", MS_REC | MS_PRIVATE)
    _mount(libc, "tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for path in SYSTEM:
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
        elif os.path.isdir(path):
            _bind(libc, path, root + path)
    os.mkdir(f"{root}/etc")
    for path in ETC:
        if os.path.exists(path):
            _bind(libc, path, root + path)
    users = f"root:x:0:0:root:/root:/sbin/nologin\n{USER}:x:{room['uid']}:{room['uid']}::/:/sbin/nologin\n"
    _write(f"{root}/etc/passwd", users)
    _write(
        f"{root}/etc/hosts", "127.0.0.1 localhost localhost.localdomain sandbox.localdomain sandbox\n::1 localhost\n"
    )
    if room["resolves"]:
        _write(f"{root}/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    for where, what in room["binds"].items():
        _bind(libc, what, root + where)
    for name in ("dev", "proc", "tmp"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    for name in DEVICES:
        _touch(f"{root}/dev/{name}")
        _mount(libc, f"/dev/{name}", f"{root}/dev/{name}", "", MS_BIND)
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        os.symlink(f"/proc/self/fd/{number}", f"{root}/dev/{name}")
    os.symlink("/proc/self/fd", f"{root}/dev/fd")
    _mount(libc, "tmpfs", f"{root}/tmp", "tmpfs", MS_NOSUID | MS_NODEV, f"size={room['tmp_mib']}m,mode=1777")
    os.mkdir(f"{root}/dev/shm")
    _mount(libc, "proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV)
    _pivot(libc, root)
    socket.sethostname(room["hostname"])


def user(turn: int) -> int:
    """The user that an environment runs as: where root may choose, one for each, since processes are limited by user.

    A machine that has mapped few users to this root (a container's) gives AWS's for all.
    """
    own = os.getuid()
    if own != 0:
        return own
    try:
        with open("/proc/self/uid_map") as file:
            is_mapped = file.read().split() == ["0", "0", "4294967295"]
    except OSError:
        is_mapped = False
    return UIDS_FIRST + os.getpid() % PIDS * UIDS_PER_SERVER + turn % UIDS_PER_SERVER if is_mapped else UID


def give_up(libc: ctypes.CDLL, limits: dict[str, int], uid: int) -> None:
    """Lower the limits, and give up root, every capability and every way to get one back."""
    for name, most in limits.items():
        lower(name, most)
    for capability in range(CAPABILITIES_MAX):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if os.getuid() == 0:
        _become(uid)
    else:
        _drop_capabilities(libc)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise NotApart(ctypes.get_errno(), "no_new_privs")


def be_visible(libc: ctypes.CDLL) -> None:
    """Own one's /proc/self, which is root's where a process has changed its user."""
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def listeners(ports: tuple[int, ...], names: tuple[str, ...]) -> list[socket.socket]:
    """Listening sockets of the own network; port 0 is any (`names` says what for, where binding fails)."""
    found: list[socket.socket] = []
    for port, name in zip(ports, names):  # noqa: B905 - the interpreters that run this may be older than `strict`
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise NotApart(error.errno, f"{name}: {error.strerror}") from error
        listener.listen(128)
        found.append(listener)
    return found


def mailbox(port: int) -> socket.socket:
    """A socket of the own network that takes datagrams; port 0 is any."""
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        found.bind(("127.0.0.1", port))
    except OSError as error:
        raise NotApart(error.errno, f"datagrams: {error.strerror}") from error
    return found


def loopback_up() -> None:
    """Bring up the loopback device of an own network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _pivot(libc: ctypes.CDLL, root: str) -> None:
    number = PIVOT_ROOT.get(os.uname().machine)
    os.chdir(root)
    if number is None or libc.syscall(ctypes.c_long(number), b".", b".") != 0:
        raise NotApart(ctypes.get_errno(), "pivot_root")
    libc.umount2(b".", MNT_DETACH)
    os.chdir("/")
    _mount(libc, "none", "/", "", MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_BIND)


def _bind(libc: ctypes.CDLL, what: str, where: str) -> None:
    if os.path.isdir(what):
        os.makedirs(where, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(where), exist_ok=True)
        _touch(where)
    _mount(libc, what, where, "", MS_BIND | MS_REC)
    attributes = (ctypes.c_uint64 * 4)(MS_RDONLY | MS_NOSUID, 0, 0, 0)
    called = libc.syscall(
        ctypes.c_long(MOUNT_SETATTR), AT_FDCWD, where.encode(), AT_RECURSIVE, attributes, ctypes.c_size_t(32)
    )
    if called != 0:
        raise NotApart(ctypes.get_errno(), f"read-only {where}")


def _mount(libc: ctypes.CDLL, source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    called = libc.mount(
        source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None
    )
    if called != 0:
        code = ctypes.get_errno()
        raise NotApart(code, f"mount {source} at {target}: {os.strerror(code)}")


def lower(name: str, most: int) -> None:
    """Lower a limit (`RLIMIT_NOFILE`); what is lower already stays."""
    kind = getattr(resource, name, None)
    if kind is None:
        return
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """capset(2) to none at all."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)())


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _touch(path: str) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
