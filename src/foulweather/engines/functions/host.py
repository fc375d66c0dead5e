"""Makes environments for one world, and leaves none behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

from foulweather.engines.forking import leave_in_forks
from foulweather.engines.functions import interpreters, leftovers
from foulweather.engines.functions.clock_page import ClockPage
from foulweather.engines.functions.environment import SHUTDOWN_MS, Environment, Lines, Sleep, Spec, room_of
from foulweather.engines.functions.mail import Mail
from foulweather.engines.functions.names import Names
from foulweather.engines.functions.telemetry import Telemetry
from foulweather.engines.functions.zygotes import Zygote, can_be_apart
from foulweather.world.clock import RATE_UNIT, Clock

RUNTIME_PORT, ENDPOINT_PORT = 9001, 4566
DAEMON_PORT, NAMES_PORT = 2000, 53
HTTPS_PORT, HTTP_PORT = 443, 80
"""https://docs.aws.amazon.com/xray/latest/devguide/xray-daemon.html"""
FILES_OPEN_MAX = 1024
PROCESSES_MAX = 1024
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
START_S = 30
DOORS_MAX = 8
NODE_RUNTIME = Path(__file__).with_name("foulweather_inside") / "node_runtime.mjs"
PYTHON_PROGRAM = PurePosixPath("/var/runtime/foulweather_inside/python_program.py")
WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
"""https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper"""
BUNDLE = "/etc/foulweather/ca-bundle.pem"
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
TRUST = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""Where SDKs and TLS libraries look for whom they trust."""
Door = Callable[[socket.socket], Awaitable[Callable[[], None]]]
"""Serves AWS's API on a listening socket, for what runs in an environment; what it gives ends that."""


class OwnHosts(NamedTuple):
    """The world's own hosts, for what runs in an environment and asks for them by name; `root` signs for them."""

    https: Door
    http: Door
    serves: Callable[[str], bool]
    root: Callable[[], bytes]


class NotStarted(Exception):
    """An environment could not be made; the message says why."""


class Host:
    """One world's environments; `door` serves the world's API to them, if anybody does."""

    def __init__(self, clock: Clock, door: Door | None = None) -> None:
        self._door = door
        self._trusted: Path | None = None
        self._clock = clock
        self._page = ClockPage(clock)
        self._zygotes: dict[str, Zygote] = {}
        self._root = leftovers.directory("functions")
        self.environments: set[Environment] = set()
        self._ending: set[Environment] = set()
        self.is_apart = can_be_apart()
        self._is_closed = False
        leave_in_forks(self._leave)

    async def start(
        self,
        name: str,
        spec: Spec,
        printed: Lines,
        sleep: Sleep,
        door: Door | None = None,
        hosts: OwnHosts | None = None,
        port: int = 0,
    ) -> Environment:
        """Make an environment: its process runs, its runtime has not yet asked for anything.

        `door` and `hosts` are for this environment alone; hosts are there only where it has a network of its own. So is
        `port`, the door's in that network: where it is the server's own, URLs that are made inside hold outside too.

        Raises NotStarted, or interpreters.NoInterpreter where nothing here runs its runtime.
        """
        interpreter = interpreters.for_runtime(spec.runtime) if not spec.command else None
        is_forked = interpreter is not None and not _is_node(spec) and not spec.environment.get(WRAPPER)
        zygote = self._zygote(interpreter if interpreter is not None and is_forked else _own())
        control, theirs = socket.socketpair()
        control.setblocking(False)
        reader, writer = os.pipe()
        environment = Environment(
            name, spec.memory_mib, reader, printed, sleep, apart=self.is_apart, in_proportion=self._is_real_time
        )
        environment.api.now_ms = lambda: self._clock.now_ms
        environment.api.expect(spec.extensions, spec.environment)
        descriptors = [theirs.fileno(), writer, self._page.descriptor]
        writers = [writer, *self._hear(environment, spec)]
        try:
            hosts = hosts if self.is_apart else None
            if hosts is not None:
                spec = self._trusting(spec, hosts.root)
            room = room_of(name, self._at_home(spec, interpreter), self._walls(port, resolves=hosts is not None))
            environment.pid = await zygote.fork(room, descriptors + writers[1:], environment.ended)
            await self._take_doors(environment, control, door or self._door, hosts)
        except BaseException:
            environment.kill()
            raise
        finally:
            control.close()
            theirs.close()
            for each in writers:
                os.close(each)
        self.environments.add(environment)
        return environment

    def _hear(self, environment: Environment, spec: Spec) -> list[int]:
        """Have an environment hear its extensions, if there are any: the writing end of a pipe for what they print."""
        if not spec.extensions:
            return []
        reader, writer = os.pipe()
        is_json = spec.environment.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
        environment.hear(reader, Telemetry(lambda: self._clock.now_ms, is_json=is_json))
        return [writer]

    def _is_real_time(self) -> bool:
        """Whether computing takes as long in the world as it does here: only then is CPU in proportion to memory."""
        return self._clock.mode == "paced" and self._clock.rate_permille == RATE_UNIT

    def end(self, environment: Environment, reason: str = "spindown") -> None:
        """End an environment; its extensions, if it has any, are told why, and have their time."""
        self.environments.discard(environment)
        if environment in self._ending:
            return
        if not environment.shut_down(self._clock.now_ms, reason):
            environment.kill()
            return
        self._ending.add(environment)
        timer = asyncio.get_running_loop().call_later(SHUTDOWN_MS / 1000, self._end, environment)

        def ended() -> None:
            timer.cancel()
            self._end(environment)

        environment.when_ended(ended)

    def _end(self, environment: Environment) -> None:
        self._ending.discard(environment)
        environment.kill()

    def close(self) -> None:
        """End everything; once it is, there is nothing left to end."""
        if self._is_closed:
            return
        self._is_closed = True
        for environment in [*self.environments, *self._ending]:
            environment.kill()
        self.environments.clear()
        self._ending.clear()
        for zygote in self._zygotes.values():
            zygote.close()
        self._page.close()
        shutil.rmtree(self._root, ignore_errors=True)
        if self._trusted is not None:
            shutil.rmtree(self._trusted.parent, ignore_errors=True)

    def _leave(self) -> None:
        """In a fork of this process, leave everything to the parent, and begin anew."""
        if self._is_closed:
            return
        for environment in [*self.environments, *self._ending]:
            environment.leave()
        self.environments.clear()
        self._ending.clear()
        for zygote in self._zygotes.values():
            zygote.leave()
        self._zygotes.clear()
        self._page.close()
        self._page = ClockPage(self._clock)
        self._root = leftovers.directory("functions")
        self._trusted = None

    def _zygote(self, interpreter: interpreters.Interpreter) -> Zygote:
        found = self._zygotes.get(interpreter.program)
        if found is None or not found.is_alive:
            found = self._zygotes[interpreter.program] = Zygote(interpreter)
        return found

    def _trusting(self, spec: Spec, root: Callable[[], bytes]) -> Spec:
        """The spec with whom the machine trusts, and who signs for the world's hosts; what the function says stays."""
        if self._trusted is None:
            self._trusted = leftovers.directory("packages") / "bundle.pem"
            self._trusted.write_bytes(_of_the_machine() + root())
            self._trusted.chmod(0o644)
        variables = {**dict.fromkeys(TRUST, BUNDLE), **spec.environment}
        binds = {**spec.binds, BUNDLE: str(self._trusted)}
        return msgspec.structs.replace(spec, environment=variables, binds=binds)

    def _walls(self, port: int, *, resolves: bool) -> dict[str, object]:
        ports, datagrams = [0, 0], [0]
        if self.is_apart:
            taken = port in (0, RUNTIME_PORT, HTTPS_PORT, HTTP_PORT)
            ports, datagrams = [RUNTIME_PORT, ENDPOINT_PORT if taken else port], [DAEMON_PORT]
        if resolves:
            ports += [HTTPS_PORT, HTTP_PORT]
            datagrams += [NAMES_PORT]
        limits = {"RLIMIT_NOFILE": FILES_OPEN_MAX, "RLIMIT_CORE": 0}
        if self.is_apart:
            limits["RLIMIT_NPROC"] = PROCESSES_MAX
        self._root.mkdir(mode=0o755, exist_ok=True)  # another process's view of who is alive may differ
        own = {"ports": ports, "datagram_ports": datagrams, "limits": limits, "root": str(self._root)}
        return {"apart": self.is_apart, "resolves": resolves, **own}

    def _at_home(self, spec: Spec, interpreter: interpreters.Interpreter | None) -> Spec:
        """The spec with what its interpreter needs to be there."""
        binds = dict(spec.binds)
        command, last = spec.command, spec.search_last
        if interpreter is not None:
            binds.update({home: home for home in interpreter.homes if not home.startswith("/usr")})
        if interpreter is not None and _is_node(spec):
            binds["/var/runtime"] = str(NODE_RUNTIME.parent)
            command = (interpreter.program, f"/var/runtime/{NODE_RUNTIME.name}")
        elif interpreter is not None:
            binds.update({path: path for _, path in interpreters.sdk_directories()})
            last += tuple(dict.fromkeys(str(Path(path).parent) for _, path in interpreters.sdk_directories()))
        environment, wrapper = dict(spec.environment), spec.environment.get(WRAPPER, "")
        if interpreter is not None and wrapper:
            if not command:
                binds[PYTHON_PROGRAM.parent.as_posix()] = str(NODE_RUNTIME.parent)
                command = (interpreter.program, PYTHON_PROGRAM.as_posix())
                environment["FOULWEATHER_ROOM"] = json.dumps({"search": spec.search, "search_last": last})
            command = (wrapper, *command)
        changed = msgspec.structs.replace(spec, binds=binds, command=command, search_last=last, environment=environment)
        return changed if self.is_apart else _in_place(changed)

    async def _take_doors(
        self, environment: Environment, control: socket.socket, door: Door | None, hosts: OwnHosts | None
    ) -> None:
        """Take the listening sockets of its network, and serve them."""
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        loop.add_reader(control.fileno(), arrived.set)
        try:
            async with asyncio.timeout(START_S):
                await arrived.wait()
        except TimeoutError:
            raise NotStarted(f"no sign of life within {START_S} s") from None
        finally:
            loop.remove_reader(control.fileno())
        told, descriptors, _, _ = socket.recv_fds(control, 1024, DOORS_MAX)
        if not told:
            await asyncio.sleep(0.01)
            raise NotStarted("its process ended before it began; its output says why")
        json.loads(told)
        doors = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        await environment.open(doors[0])
        if door is not None:
            environment.closing.append(await door(doors[1]))
        else:
            with contextlib.suppress(OSError):
                doors[1].close()
        if hosts is None:
            environment.mail = Mail(doors[2])
            return
        https, http, daemon, names = doors[2:]
        environment.mail = Mail(daemon)
        environment.closing.append(await hosts.https(https))
        environment.closing.append(await hosts.http(http))
        environment.closing.append(Names(names, hosts.serves).close)


def _in_place(spec: Spec) -> Spec:
    """The spec for a process that sees the machine's own files: every path where it really is."""

    def real(path: str) -> str:
        for seen, lies in spec.binds.items():
            if path == seen or path.startswith(f"{seen}/"):
                return lies + path[len(seen) :]
        return path

    environment = {**spec.environment, "LAMBDA_TASK_ROOT": real("/var/task")}
    return msgspec.structs.replace(
        spec,
        environment=environment,
        directory=real(spec.directory),
        command=tuple(map(real, spec.command)),
        search=tuple(map(real, spec.search)),
        extensions=tuple(map(real, spec.extensions)),
    )


def _of_the_machine() -> bytes:
    """The certificates of whom this machine trusts."""
    paths = ssl.get_default_verify_paths()
    found = next((path for path in (paths.cafile, *BUNDLES) if path and os.path.isfile(path)), None)
    return b"" if found is None else Path(found).read_bytes() + b"\n"


def _is_node(spec: Spec) -> bool:
    return spec.runtime.startswith("nodejs")


def _own() -> interpreters.Interpreter:
    """The interpreter that runs this: it forks what is not Python."""
    import platform

    return interpreters.for_runtime("python" + ".".join(platform.python_version_tuple()[:2]))
