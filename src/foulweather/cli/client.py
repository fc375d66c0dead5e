"""The admin API, called from the command line."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from foulweather.cli.endpoint import Endpoint
from foulweather.cli.exits import FAILED, NOTHING_RUNNING, Stop
from foulweather.cli.places import tls_directory

PREFIX = "/_foulweather/"
QUICK_S = 10
PATIENT_S = 24 * 3600
"""For what takes as long as the world has to do."""


class Refused(Stop):
    """The server's refusal of a request."""

    def __init__(self, http_status: int, code: str, message: str) -> None:
        super().__init__(FAILED, message)
        self.http_status = http_status
        self.code = code


class Client:
    """Talks to one server; a world's name goes with every request."""

    def __init__(self, endpoint: Endpoint, world: str = "") -> None:
        self.at = endpoint
        self.endpoint = endpoint.url
        self.world = world

    def get(self, path: str, query: Mapping[str, str] | None = None, *, timeout_s: float = QUICK_S) -> Any:
        """A GET's JSON."""
        return self.json("GET", path, query=query, timeout_s=timeout_s)

    def post(self, path: str, body: Mapping[str, Any], timeout_s: float = QUICK_S) -> Any:
        """A POST's JSON."""
        return self.json("POST", path, body=json.dumps(body, ensure_ascii=False).encode(), timeout_s=timeout_s)

    def delete(self, path: str) -> Any:
        """A DELETE's JSON."""
        return self.json("DELETE", path)

    def json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_s: float = QUICK_S,
    ) -> Any:
        """The JSON of any request."""
        return json.loads(self.bytes(method, path, query=query, body=body, timeout_s=timeout_s))

    def bytes(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_s: float = QUICK_S,
    ) -> bytes:
        """The body that a request is answered with; raises what it is refused with."""
        connection = self._connection(timeout_s)
        try:
            response = self._asked(connection, method, path, query or {}, body)
            return self._whole(response)
        finally:
            connection.close()

    def lines(self, path: str, query: Mapping[str, str]) -> Iterator[bytes]:
        """The lines of an answer, as they come."""
        connection = self._connection(PATIENT_S)
        try:
            response = self._asked(connection, "GET", path, query, None)
            if response.status >= 400:
                self._whole(response)
            try:
                while line := response.readline():
                    yield line
            except (OSError, http.client.HTTPException):
                return
        finally:
            connection.close()

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        if not self.at.is_tls:
            return http.client.HTTPConnection(self.at.host, self.at.port, timeout=timeout_s)
        import ssl

        context = ssl.create_default_context()
        for bundle in (os.environ.get("AWS_CA_BUNDLE"), tls_directory() / "ca.pem"):
            # The authority of a server on this machine is trusted without being told.
            if bundle and Path(bundle).exists():
                try:
                    context.load_verify_locations(bundle)
                except (OSError, ssl.SSLError) as error:
                    raise Stop(FAILED, f"{bundle} cannot be used: {error}.") from None
        return http.client.HTTPSConnection(self.at.host, self.at.port, timeout=timeout_s, context=context)

    def _asked(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes | None,
    ) -> http.client.HTTPResponse:
        told = {**({"world": self.world} if self.world else {}), **query}
        target = PREFIX + quote(path, safe="/%") + (f"?{urlencode(told)}" if told else "")
        try:
            connection.request(method, target, body)
            return connection.getresponse()
        except TimeoutError:
            raise Stop(FAILED, f"{self.endpoint} did not answer in time.") from None
        except ConnectionRefusedError:
            raise Stop(
                NOTHING_RUNNING, f"Nothing is running at {self.endpoint}: start it with `foulweather up`."
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise Stop(NOTHING_RUNNING, f"{self.endpoint} cannot be reached: {error}.") from None

    def _whole(self, response: http.client.HTTPResponse) -> bytes:
        try:
            whole = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Stop(FAILED, f"{self.endpoint} broke off its answer: {error}.") from None
        if response.status < 400:
            return whole
        try:
            told = json.loads(whole)["error"]
            code, message = str(told["code"]), str(told["message"])
        except (ValueError, KeyError, TypeError):
            if response.status >= 500:
                message = (
                    f"{self.endpoint} failed ({response.status}): if it is foulweather, `foulweather logs` says why."
                )
                raise Stop(FAILED, message) from None
            raise Stop(FAILED, f"{self.endpoint} is not foulweather: it answers {response.status}.") from None
        raise Refused(response.status, code, message)
