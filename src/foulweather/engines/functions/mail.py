"""Datagrams that an environment sends where AWS has a daemon for them: X-Ray's segments.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
"""

from __future__ import annotations

import json
import socket

DATAGRAM_BYTES_MAX = 64 << 10
DATAGRAMS_MAX = 2_000


class Mail:
    """What has been sent to one socket, until somebody takes it."""

    def __init__(self, box: socket.socket) -> None:
        box.setblocking(False)
        self._box = box

    def take(self) -> list[str]:
        """The documents that have come since, in order; what is no segment is thrown away, as the daemon does."""
        found: list[str] = []
        for _ in range(DATAGRAMS_MAX):
            try:
                datagram = self._box.recv(DATAGRAM_BYTES_MAX)
            except OSError:  # there is nothing, or it is closed
                break
            document = _document(datagram)
            if document:
                found.append(document)
        return found

    def close(self) -> None:
        """Take no more."""
        self._box.close()


def _document(datagram: bytes) -> str:
    """The segment of a datagram, which has a line before it: `{"format": "json", "version": 1}`."""
    head, _, document = datagram.partition(b"\n")
    try:
        told = json.loads(head)
        text = document.decode()
    except ValueError:
        return ""
    is_known = isinstance(told, dict) and told == {"format": "json", "version": 1}
    return text if is_known else ""
