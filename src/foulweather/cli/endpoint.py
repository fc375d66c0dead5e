"""Where the server is, as the command line and the environment say."""

from __future__ import annotations

import argparse
import os
from typing import NamedTuple
from urllib.parse import urlsplit

from foulweather.cli.exits import USAGE, Stop

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4566
DEFAULT_ENDPOINT = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
HELP = f"the server (default: $FOULWEATHER_ENDPOINT, $AWS_ENDPOINT_URL, {DEFAULT_ENDPOINT})"


class Endpoint(NamedTuple):
    """A server's address."""

    host: str
    port: int
    is_tls: bool = False

    @property
    def url(self) -> str:
        """As it is written."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_tls else 'http'}://{shown}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """An endpoint as people write it, with or without its scheme and port."""
        parts = urlsplit(text if "://" in text else f"http://{text}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Stop(USAGE, f"{text!r} is no endpoint: write {DEFAULT_ENDPOINT}")
        is_tls = parts.scheme == "https"
        try:
            port = parts.port
        except ValueError:
            raise Stop(USAGE, f"{text!r} has no valid port.") from None
        return cls(parts.hostname, (443 if is_tls else 80) if port is None else port, is_tls)

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Endpoint:
        """The endpoint that a command is about."""
        environment = os.environ.get("FOULWEATHER_ENDPOINT") or os.environ.get("AWS_ENDPOINT_URL")
        return cls.parse(arguments.endpoint or environment or DEFAULT_ENDPOINT)
