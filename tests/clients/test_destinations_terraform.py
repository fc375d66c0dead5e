"""Connections and API destinations through Terraform: they stay as planned, and events really arrive."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


class Hook:
    """A server that remembers the headers of what it got."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.came = Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                hook.headers = dict(self.headers.items())
                self.send_response(200)
                self.end_headers()
                hook.came.set()

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    thread = Thread(target=hook.server.serve_forever, daemon=True)
    thread.start()
    yield hook
    hook.server.shutdown()


def test_destinations_are_made_reached_changed_and_destroyed(cloud: Cloud, tmp_path: Path, hook: Hook) -> None:
    terraform = Terraform(cloud, tmp_path / "destinations", "destinations")
    aimed = f"-var=endpoint=http://127.0.0.1:{hook.server.server_port}/hook"
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false", aimed)
    terraform("plan", "-detailed-exitcode", "-input=false", aimed, status=NOTHING_TO_CHANGE)
    events = cloud.client("events")
    events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": '{"number": 7}'}])
    assert hook.came.wait(10)
    assert (hook.headers["x-key"], hook.headers["x-team"], hook.headers["x-order"]) == ("s3cret", "shop", "7")

    more = (aimed, "-var=per_second=20")
    terraform("apply", "-auto-approve", "-input=false", *more)
    terraform("plan", "-detailed-exitcode", "-input=false", *more, status=NOTHING_TO_CHANGE)
    assert events.describe_api_destination(Name="hook")["InvocationRateLimitPerSecond"] == 20

    terraform("destroy", "-auto-approve", "-input=false", *more)
    assert events.list_connections()["Connections"] == []
    assert events.list_api_destinations()["ApiDestinations"] == []
    assert cloud.client("secretsmanager").list_secrets()["SecretList"] == []
