"""What the command's exit status says."""

from __future__ import annotations

OK = 0
FAILED = 1
"""It failed, or the server refused it."""
USAGE = 2
"""The command line makes no sense."""
NOTHING_RUNNING = 3
"""There is no server at the endpoint."""
ALREADY_RUNNING = 4
"""There is one already, or something else has the port."""

TABLE = """exit status:
  0  it was done
  1  it failed, or the server refused it
  2  the command line makes no sense
  3  nothing is running at the endpoint
  4  something is running there already
"""


class Stop(Exception):
    """Ends the command with a status and a sentence on standard error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        # What it passes on may end with a full stop already.
        self.message = message[:-1] if message.endswith("..") and not message.endswith("...") else message
