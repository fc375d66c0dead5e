"""What a function cannot see or touch: the server, other functions, the machine."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from engines.functions.apart import Rooms


@pytest_asyncio.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[Rooms]:
    made = Rooms(tmp_path)
    yield made
    made.host.close()


async def test_it_has_no_capability_no_root_and_no_way_to_new_privileges(rooms: Rooms) -> None:
    code = """
    import os
    found = {line.split(":")[0]: line.split()[1:] for line in open("/proc/self/status")}
    found["parent"] = {line.split(":")[0]: line.split()[1:] for line in open("/proc/1/status")}
    try:
        os.setuid(0)
        found["root"] = True
    except OSError:
        found["root"] = False
    """
    found = await rooms.found(await rooms.start(), code)
    for status in (found, found["parent"]):
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[name][0], 16) == 0, name
        assert status["NoNewPrivs"] == ["1"]
        assert "0" not in status["Uid"]
        assert "0" not in status["Gid"]
        assert "0" not in status["Groups"]
    assert found["root"] is False


async def test_a_user_namespace_of_its_own_gives_it_no_power_over_files_or_networks(rooms: Rooms) -> None:
    code = """
    import subprocess
    tried = ["mount -o remount,rw /usr", "ip link add x type dummy", "touch /usr/x", "umount /proc"]
    found = [subprocess.run(["unshare", "-Ur", "sh", "-c", each], capture_output=True).returncode for each in tried]
    """
    assert 0 not in await rooms.found(await rooms.start(), code)


async def test_proc_shows_its_own_processes_alone_and_tells_nothing_of_the_server(rooms: Rooms) -> None:
    code = """
    import os
    pids = [pid for pid in os.listdir("/proc") if pid.isdigit()]
    found = {"pids": len(pids), "words": "", "descriptors": []}
    for pid in pids:
        for name in ("cmdline", "environ", "maps", "mountinfo"):
            try:
                found["words"] += open(f"/proc/{pid}/{name}", errors="replace").read()
            except OSError:
                pass
    for number in os.listdir("/proc/self/fd"):
        try:
            found["descriptors"].append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            pass
    """
    os.environ["FOULWEATHER_SECRET"] = "hush-hush"
    await rooms.start()
    found = await rooms.found(await rooms.start(), code)
    del os.environ["FOULWEATHER_SECRET"]
    assert found["pids"] == 2
    assert "hush-hush" not in found["words"]
    kinds = {name.partition(":")[0] for name in found["descriptors"]}
    assert kinds <= {"/dev/null", "/null", "pipe", "socket", "/memfd", "/proc/2/fd"}, found["descriptors"]
    assert sum(name.startswith("socket:") for name in found["descriptors"]) <= 1


async def test_the_worlds_clock_cannot_be_changed_from_within(rooms: Rooms) -> None:
    code = """
    import fcntl, mmap, os
    found = []
    for number in range(3, 64):
        for path in (None, f"/proc/self/fd/{number}"):
            try:
                if "memfd" not in os.readlink(f"/proc/self/fd/{number}"):
                    break
                fd = number if path is None else os.open(path, os.O_RDWR)
            except OSError as error:
                found.append(type(error).__name__)
                break
            for tried in (
                lambda: os.pwrite(fd, b"x" * 32, 0),
                lambda: os.ftruncate(fd, 0),
                lambda: mmap.mmap(fd, 4096).write(b"x" * 32),
            ):
                try:
                    tried()
                    found.append("done")
                except (OSError, ValueError) as error:
                    found.append(type(error).__name__)
    """
    environment = await rooms.start()
    found = await rooms.found(environment, code)
    assert "PermissionError" in found
    assert "done" not in found
    told_ms = await rooms.found(environment, "import time\nfound = int(time.time() * 1000)")
    assert abs(told_ms - rooms.clock.now_ms) < 1000


async def test_it_cannot_signal_or_trace_anybody_outside(rooms: Rooms) -> None:
    other = await rooms.start()
    outside = [os.getpid(), os.getppid(), other.pid, *range(3, 50)]
    code = f"""
    import ctypes, os
    libc = ctypes.CDLL(None, use_errno=True)
    found = []
    for pid in {outside}:
        if pid == os.getpid():
            continue
        for tried in (lambda: os.kill(pid, 9), lambda: os.kill(pid, 0)):
            try:
                tried()
                found.append(pid)
            except OSError:
                pass
        if libc.ptrace(16, pid, 0, 0) == 0:
            found.append(-pid)
    """
    assert await rooms.found(await rooms.start(), code) == []
    assert await rooms.found(other, "found = 1") == 1
    alone = await rooms.start()
    told = await rooms.tell(alone, "import os\nos.kill(1, 9)\nos.kill(os.getpid(), 9)", limit_s=5)
    assert told.kind == "exited"
    assert await rooms.found(other, "found = 2") == 2


async def test_it_reaches_no_port_and_no_socket_of_the_machine(rooms: Rooms, tmp_path: Path) -> None:
    abstract = f"\0foulweather-{os.getpid()}"
    with socket.create_server(("0.0.0.0", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(abstract)
        unix.listen()
        port = server.getsockname()[1]
        code = f"""
        import socket
        found = []
        for family, where in (
            (socket.AF_INET, ("127.0.0.1", {port})),
            (socket.AF_INET, ("0.0.0.0", {port})),
            (socket.AF_INET, ("8.8.8.8", 53)),
            (socket.AF_UNIX, "\\0" + {abstract[1:]!r}),
        ):
            with socket.socket(family) as tried:
                tried.settimeout(2)
                found.append(tried.connect_ex(where))
        found.append(sorted(name for _, name in socket.if_nameindex()))
        """
        *refused, devices = await rooms.found(await rooms.start(), code)
    assert 0 not in refused
    assert devices == ["lo"]


async def test_what_one_writes_to_tmp_no_other_sees(rooms: Rooms) -> None:
    first, second = await asyncio.gather(rooms.start(), rooms.start())
    assert await rooms.found(first, "open('/tmp/mine', 'w').write('x')\nfound = 1") == 1
    assert await rooms.found(second, "import os\nfound = os.listdir('/tmp')") == []
    assert await rooms.found(first, "import os\nfound = os.listdir('/tmp')") == ["mine"]


async def test_tmp_is_as_large_as_it_was_asked_for(rooms: Rooms) -> None:
    code = """
    found = "written"
    try:
        with open("/tmp/large", "wb") as file:
            for _ in range(40):
                file.write(bytes(1 << 20))
    except OSError as error:
        found = error.errno
    """
    assert await rooms.found(await rooms.start(), code) == 28


async def test_standard_output_can_be_opened_by_its_name(rooms: Rooms) -> None:
    code = """
    import subprocess
    with open("/dev/stdout", "w") as file:
        file.write("by name\\n")
    found = subprocess.run("echo by shell > /dev/stderr; id -u", shell=True, capture_output=False).returncode
    """
    assert await rooms.found(await rooms.start(), code) == 0
    assert {"by name", "by shell"} <= set(rooms.printed)


async def test_odd_requests_to_the_runtime_api_end_nobody_but_their_connection(rooms: Rooms) -> None:
    code = """
    import http.client, socket
    found = []
    def ask(method, path, body=None, headers={}):
        connection = http.client.HTTPConnection("127.0.0.1", 9001, timeout=5)
        try:
            connection.request(method, path, body, headers)
            found.append(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            found.append(type(error).__name__)
    named = {"Lambda-Extension-Name": "x"}
    for body in (b"[]", b"{", b'"x"', b'{"events": 3}', b'{"events": [{}]}', b"\\xff"):
        ask("POST", "/2020-01-01/extension/register", body, named)
    for body in (b'{"s": "x"}', b'{"s": null}', b'{"s": [1]}', b"[]", b'{"s": Infinity}', b'{"s": NaN}'):
        ask("POST", "/foulweather/sleep", body)
    ask("GET", "/_foulweather/worlds")
    ask("BREW", "/2018-06-01/runtime/invocation/next")
    for raw in (b"\\0" * 70000, b"GET\\r\\n\\r\\n", b"GET / HTTP/1.1\\r\\ncontent-length: -5\\r\\n\\r\\n",
                b"POST / HTTP/1.1\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n-1\\r\\n"):
        with socket.create_connection(("127.0.0.1", 9001), 5) as one:
            try:
                one.sendall(raw)
                one.shutdown(socket.SHUT_WR)
                found.append(len(one.recv(100)))
            except OSError:
                found.append(0)
    """
    wrong: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: wrong.append(told))
    environment = await rooms.start()
    found = await rooms.found(environment, code)
    assert [each for each in found if each in (200, 202)] == []
    await asyncio.sleep(0)
    assert wrong == []
    assert await rooms.found(environment, "found = 1") == 1
    assert json.loads((await rooms.tell(environment, "found = 2")).payload) == 2
