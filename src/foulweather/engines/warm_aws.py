"""The AWS CLI, warm: one process has it loaded, and forks for each command, so that hundreds of commands take seconds.

It is the installed AWS CLI (version 1, or version 2 where it was installed from source) and nothing else; a command's
arguments, environment, folder and streams are the caller's. Where it is a binary, commands start it anew.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

# Runs under the AWS CLI's own interpreter, which need not have this package.
SERVER = """
import array, json, os, signal, socket, sys, threading
import awscli.clidriver, awscli.handlers
try:
    import awscli.botocore.client, awscli.botocore.endpoint, awscli.botocore.signers  # version 2 brings its own
except ImportError:
    import botocore.client, botocore.endpoint, botocore.signers

def carry_out(connection, asked, streams):
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    own = os.environ["AWS_DATA_PATH"]  # where the CLI, on loading, told itself that its data are
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.environ["AWS_DATA_PATH"] = own
    os.chdir(asked["folder"])
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")
    sys.argv = ["aws", *asked["arguments"]]

    def leave_with_the_caller():
        connection.recv(1)
        os._exit(130)

    threading.Thread(target=leave_with_the_caller, daemon=True).start()
    try:
        status = awscli.clidriver.main()
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        import traceback
        traceback.print_exc()
        status = 255
    with_status = status if isinstance(status, int) else 0 if status is None else 255
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(bytes([with_status & 255]))
    os._exit(0)

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(64)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print("ready", flush=True)
while True:
    connection, _ = listener.accept()
    head, streams, _, _ = socket.recv_fds(connection, 4, 3)
    size = int.from_bytes(head, "big")
    told = b""
    while len(told) < size and (piece := connection.recv(size - len(told))):
        told += piece
    if len(told) == size and len(streams) == 3:
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            carry_out(connection, json.loads(told), streams)
    for stream in streams:
        os.close(stream)
    connection.close()
"""

CLIENT = """#!{python} -IS
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({address!r})
arguments = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"], *sys.argv[1:]]
told = json.dumps({{"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}}).encode()
socket.send_fds(connection, [len(told).to_bytes(4, "big")], [0, 1, 2])
connection.sendall(told)
status = connection.recv(1)
sys.exit(status[0] if status else 255)
"""


class WarmAws:
    """The loaded CLI; `command` is the text of an `aws` that leads to it. It ends with its owner."""

    def __init__(self, process: subprocess.Popen[bytes], address: str) -> None:
        self._process = process
        self.address = address

    def stop(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
        with contextlib.suppress(OSError):
            Path(self.address).unlink()


def command(address: str) -> str:
    """An executable script that has its arguments carried out at the address, at the endpoint of AWS_ENDPOINT_URL."""
    return CLIENT.format(python=sys.executable, address=address)


def warmed(aws: str, folder: Path) -> WarmAws | None:
    """The CLI at a path, loaded, listening in a folder; None where it cannot be had so."""
    interpreter = _interpreter(Path(aws))
    if interpreter is None or sys.platform == "win32":
        return None
    address = str(folder / "aws.socket")
    process = subprocess.Popen(
        [interpreter, "-c", SERVER, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    if process.stdout is None or process.stdout.readline().strip() != b"ready":
        process.kill()
        process.wait()
        return None
    return WarmAws(process, address)


def _interpreter(aws: Path) -> str | None:
    """The interpreter of a CLI that is a Python script."""
    try:
        with aws.open("rb") as script:
            first = script.readline(512)
    except OSError:
        return None
    if not first.startswith(b"#!") or b"python" not in first:
        return None
    words = first[2:].decode(errors="replace").split()
    return words[0] if len(words) == 1 else None
