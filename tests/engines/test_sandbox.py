"""What a sandboxed child can do, what it cannot, and how it ends; behind every wall that this machine has."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foulweather.engines import process_tree, sandbox_walls
from foulweather.engines.sandbox import MIB, Answer, Child, End, Limits, Sandbox, _works, found
from foulweather.engines.sandbox_walls import Isolation, candidates

pytestmark = pytest.mark.skipif(not process_tree.is_visible(), reason="needs Linux' /proc")

PREAMBLE = """
import os, sys, json, time, signal
asked, answered = os.fdopen(int(sys.argv[-2])), os.fdopen(int(sys.argv[-1]), "w")
def say(value):
    print(json.dumps(value), file=answered, flush=True)
"""
LIMITS = Limits()
WALLS = [each for each in candidates() if not each.tool or _works(each)]


@pytest.fixture(params=WALLS, ids=lambda each: f"{each.name}{'' if each.mounts else '-no-mounts'}")
def walls(request: pytest.FixtureRequest) -> Isolation:
    return request.param


@pytest.fixture
def sandbox(walls: Isolation) -> Iterator[Sandbox]:
    with Sandbox(walls) as made:
        yield made


def started(sandbox: Sandbox, code: str, limits: Limits = LIMITS, *arguments: str) -> Child:
    return sandbox.start([sys.executable, "-I", "-S", "-c", PREAMBLE + code, *arguments], limits)


def ended(child: Child, cpu_ms: int = 5000, wall_ms: int = 10_000) -> Answer:
    return child.ask(b"", cpu_ms=cpu_ms, wall_ms=wall_ms)


def told(sandbox: Sandbox, code: str, *arguments: str) -> object:
    answer = ended(started(sandbox, code, Limits(), *arguments))
    assert answer.end is None, answer
    return json.loads(answer.line)


def test_it_answers_line_by_line_however_long_they_are(sandbox: Sandbox) -> None:
    child = started(sandbox, "for line in asked: say(json.loads(line)[::-1])")
    for size in (1, 300_000, 2):
        answer = child.ask(json.dumps(list(range(size))).encode(), cpu_ms=5000, wall_ms=10_000)
        assert answer.end is None
        assert json.loads(answer.line) == list(range(size))[::-1]


def test_what_it_prints_is_kept_apart_from_what_it_answers(sandbox: Sandbox) -> None:
    child = started(sandbox, "print('noise'); sys.stderr.write('more\\n'); sys.stdout.flush(); say(1); asked.read()")
    assert ended(child).line == b"1"
    child.kill()
    assert b"noise" in child.output
    assert b"more" in child.output


def test_an_endless_loop_ends_at_its_cpu_limit(sandbox: Sandbox) -> None:
    answer = ended(started(sandbox, "while True: pass"), cpu_ms=200)
    assert answer.end is End.CPU
    assert answer.cpu_ms >= 200


def test_a_sleeper_ends_at_its_wall_limit(sandbox: Sandbox) -> None:
    answer = ended(started(sandbox, "time.sleep(60)"), wall_ms=300)
    assert answer.end is End.WALL
    assert answer.wall_ms >= 300


def test_cpu_time_counts_from_the_question(sandbox: Sandbox) -> None:
    busy = "end = time.process_time() + 0.15\nwhile time.process_time() < end: pass\n"
    child = started(sandbox, f"for line in asked:\n    {busy.replace(chr(10), chr(10) + '    ')}say(1)")
    for _ in range(4):
        assert child.ask(b"1", cpu_ms=400, wall_ms=10_000).end is None


def test_memory_is_watched(sandbox: Sandbox) -> None:
    grows = "held = []\nwhile True: held.append(bytearray(1 << 20)); time.sleep(0.0005)"
    answer = ended(started(sandbox, grows, Limits(memory_bytes_max=48 * MIB)))
    assert answer.end is End.MEMORY
    assert answer.memory_bytes_peak > 48 * MIB


def test_address_space_is_limited(sandbox: Sandbox) -> None:
    child = started(
        sandbox,
        "try: bytearray(1 << 30); say('got it')\nexcept MemoryError: say('refused')",
        Limits(address_space_bytes_max=256 * MIB),
    )
    assert ended(child).line == b'"refused"'


def test_endless_output_is_cut(sandbox: Sandbox) -> None:
    child = started(sandbox, "while True: print('x' * 1000)", Limits(output_bytes_max=10_000))
    assert ended(child).end is End.OUTPUT
    assert len(child.output) == 10_000


def test_an_endless_answer_is_cut(sandbox: Sandbox) -> None:
    child = started(sandbox, "while True: answered.write('x' * 1000)", Limits(reply_bytes_max=100_000))
    assert ended(child).end is End.REPLY


def test_a_bomb_of_processes_is_ended_with_all_of_them(sandbox: Sandbox) -> None:
    # Each child goes its own way, in a session of its own; the alarm is for the case that this test fails.
    bomb = (
        "signal.alarm(20)\nwhile True:\n    if os.fork() == 0:\n        os.setsid(); signal.alarm(20); time.sleep(60)"
    )
    child = started(sandbox, bomb, Limits(processes_max=8))
    assert ended(child).end is End.PROCESSES
    assert left_in(sandbox.directory) == []


def test_a_daemon_does_not_outlive_the_question(sandbox: Sandbox) -> None:
    daemon = "signal.alarm(20)\nif os.fork() == 0:\n    os.setsid()\n"
    daemon += "    if os.fork() == 0: signal.alarm(20); time.sleep(60)\n"
    child = started(sandbox, f"{daemon}    os._exit(0)\nos.wait(); say(1); time.sleep(20)")
    assert ended(child).end is None
    assert left_in(sandbox.directory) != []
    child.kill()
    assert left_in(sandbox.directory) == []


def left_in(directory: Path) -> list[int]:
    """The processes that work in a directory, after those that are being ended had time for it."""
    deadline = time.monotonic() + 2
    while True:
        working = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(path / "cwd") == str(directory):
                    working.append(int(path.name))
            except OSError:
                continue
        if not working or time.monotonic() > deadline:
            return working
        time.sleep(0.05)
        if all(process_tree._is_alive(pid) for pid in working) and time.monotonic() > deadline - 1.8:
            return working


def test_an_exit_and_a_signal_are_told_apart(sandbox: Sandbox) -> None:
    for code, status in (("sys.exit(7)", 7), ("sys.exit()", 0)):
        child = started(sandbox, code)
        assert ended(child).end is End.EXITED
        assert child.status == status
    crash = started(sandbox, "import ctypes; ctypes.string_at(0)")
    assert ended(crash).end is End.EXITED
    assert crash.status == -signal.SIGSEGV


def test_the_last_words_of_an_ended_program_are_read(sandbox: Sandbox) -> None:
    child = started(sandbox, "say('bye'); print('x' * 20_000); sys.exit(3)")
    answer = ended(child)
    assert (answer.line, answer.end) == (b'"bye"', None)
    assert ended(child).end is End.EXITED
    assert len(child.output) == 20_001


def test_asking_one_that_ended_says_so_again(sandbox: Sandbox) -> None:
    child = started(sandbox, "sys.exit(0)")
    assert ended(child).end is End.EXITED
    assert child.ask(b"1", cpu_ms=100, wall_ms=100).end is End.EXITED


def test_it_inherits_no_environment_and_no_files(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    with open(os.devnull) as opened:
        os.set_inheritable(opened.fileno(), True)
        code = "say([sorted(os.environ), len(os.listdir('/proc/self/fd'))])"
        environment, files = told(sandbox, code)  # type: ignore[misc]
    assert "SECRET" not in environment
    assert "PATH" not in environment
    # The three standard ones, two channels, and the one that lists them.
    assert files == 6


def test_it_works_in_a_directory_that_goes_away(sandbox: Sandbox) -> None:
    assert told(sandbox, "open('f', 'w').write('kept'); say(os.getcwd())") == str(sandbox.directory)
    assert (sandbox.directory / "f").read_text() == "kept"
    sandbox.close()
    assert not sandbox.directory.exists()


def test_files_are_limited_in_size(sandbox: Sandbox) -> None:
    code = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\ntry:\n    open('f', 'wb').write(bytes(1 << 25))\n"
    assert told(sandbox, f"{code}    say('written')\nexcept OSError as error: say('refused')") == "refused"


def test_files_outside_are_read_only_unless_it_says_otherwise(sandbox: Sandbox, tmp_path: Path) -> None:
    code = "try: open(sys.argv[1], 'w'); say(True)\nexcept OSError: say(False)"
    could = told(sandbox, code, str(tmp_path / "new"))
    assert could == (sandbox_walls.FILES in sandbox.isolation.missing)
    assert (tmp_path / "new").exists() == could


def test_the_network_is_off_unless_it_says_otherwise(sandbox: Sandbox) -> None:
    code = (
        "import socket\ntry: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2); say(True)\n"
        "except OSError: say(False)"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        could = told(sandbox, code, str(server.getsockname()[1]))
    assert could == (sandbox_walls.NETWORK in sandbox.isolation.missing)


def test_other_processes_are_out_of_sight_unless_it_says_otherwise(sandbox: Sandbox) -> None:
    could = told(sandbox, "say(os.path.exists(f'/proc/{sys.argv[1]}/environ'))", str(os.getpid()))
    assert could == (sandbox_walls.PROCESSES in sandbox.isolation.missing)


def test_it_has_no_capabilities(sandbox: Sandbox) -> None:
    code = "say([line.split()[1] for line in open('/proc/self/status') if line.startswith(('CapEff', 'CapPrm'))])"
    assert told(sandbox, code) == ["0" * 16] * 2


def test_further_directories_can_be_made_writable(walls: Isolation, tmp_path: Path) -> None:
    with Sandbox(walls, writable=[tmp_path]) as sandbox:
        assert told(sandbox, "open(sys.argv[1], 'w').write('x'); say(1)", str(tmp_path / "f")) == 1
    assert (tmp_path / "f").read_text() == "x"


def test_a_program_that_does_not_exist_is_no_success(sandbox: Sandbox) -> None:
    child = sandbox.start(["/nonexistent/program"], Limits())
    assert ended(child).end is End.EXITED
    assert child.status == 125
    assert b"No such file" in child.output


def test_the_best_wall_that_works_is_taken() -> None:
    assert found() == WALLS[0]


def test_without_walls_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    (only,) = candidates()
    assert only.name == "none"
    assert only.missing == (sandbox_walls.NETWORK, sandbox_walls.FILES, sandbox_walls.PROCESSES)
