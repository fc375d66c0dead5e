"""The name that a TLS client asks for, read off its first message before anything is answered.

Contexts are chosen by it, and not swapped in OpenSSL's own callback: a swap there changes the certificate, but neither
whether the client must show one nor which versions are spoken. RFC 8446, 4.1.2; RFC 6066, 3.
"""

from __future__ import annotations

from typing import Final

HELLO_BYTES_MAX: Final = 16_384
_HANDSHAKE: Final = 22
_CLIENT_HELLO: Final = 1
_SERVER_NAME: Final = 0


def server_name(data: bytes) -> str | None:
    """The name in a client's first message, in lower case; empty if there is none, None while it is not all there."""
    message = _message(data)
    if message is None:
        return None
    try:
        name = _name(message)
    except IndexError:
        return ""
    return name if name.isascii() else ""


def _message(data: bytes) -> bytes | None:
    """The handshake message that a connection begins with, out of its records; empty where it is none."""
    message, at = b"", 0
    while True:
        if len(data) < at + 5:
            return None if len(data) < HELLO_BYTES_MAX else b""
        if data[at] != _HANDSHAKE or data[at + 1] != 3:
            return b""
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        message += data[at + 5 : at + 5 + size]
        at += 5 + size
        if len(message) >= 4:
            if message[0] != _CLIENT_HELLO:
                return b""
            end = 4 + int.from_bytes(message[1:4], "big")
            if len(message) >= end:
                return message[4:end]
            if end > HELLO_BYTES_MAX:
                return b""


def _name(message: bytes) -> str:
    """The host name of a ClientHello: after version, random, session, cipher suites and compression."""
    at = 34
    at += 1 + message[at]
    at += 2 + int.from_bytes(message[at : at + 2], "big")
    at += 1 + message[at]
    at += 2
    while at + 4 <= len(message):
        kind, size = int.from_bytes(message[at : at + 2], "big"), int.from_bytes(message[at + 2 : at + 4], "big")
        body = message[at + 4 : at + 4 + size]
        at += 4 + size
        if kind == _SERVER_NAME and len(body) > 5 and body[2] == 0:
            return body[5 : 5 + int.from_bytes(body[3:5], "big")].decode("latin-1").lower().rstrip(".")
    return ""
