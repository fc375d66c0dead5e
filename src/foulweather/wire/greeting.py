"""How a TLS client is greeted: with a certificate for the name it asks for, and on the terms of that name.

A client's certificate is taken whoever signed it, as API Gateway does: one that is not trusted is told so in HTTP
(403), one that is missing ends the handshake. OpenSSL proves that the client has its key, and no more.
"""

from __future__ import annotations

import ssl
import tempfile
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from foulweather.kernel.http import Handshake
from foulweather.kernel.traffic import Terms

if TYPE_CHECKING:
    from foulweather.wire.tls import Authority

# A client that speaks HTTP/2 is answered in it; the AWS CLI and boto3 offer HTTP/1.1 alone.
ALPN: Final = ["h2", "http/1.1"]
CONTEXTS_MAX: Final = 512
CHAIN_MAX: Final = 10
_CERTIFICATE: Final = 11  # RFC 8446, 4
_TLS_1_3: Final = 0x0304
# x509_vfy.h: a chain may end anywhere, and its times are the world's to judge.
_PARTIAL_CHAIN: Final = 0x80000
_NO_CHECK_TIME: Final = 0x200000
_VERSIONS: Final = {"TLSv1": ssl.TLSVersion.TLSv1, "TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


class Greeting(NamedTuple):
    """What one client is greeted with; `shown` is filled with its certificates while the handshake goes on."""

    name: str
    context: ssl.SSLContext
    shown: list[bytes]
    has_terms: bool = False

    def settled(self, spoken: ssl.SSLObject) -> Handshake:
        """What came of the handshake."""
        cipher = spoken.cipher()
        return Handshake(self.name, spoken.version() or "", cipher[0] if cipher else "", tuple(self.shown))


class Greeter:
    """Finds the TLS settings of each name. `terms` asks what the name itself wants, `serves` whether anything is there.

    `default` is what clients get that name nothing, or what its own certificate is for. Without an `authority`
    (somebody gave the server its certificate) it is every name's.
    """

    def __init__(
        self,
        default: ssl.SSLContext,
        authority: Authority | None = None,
        *,
        terms: Callable[[str], Terms | None] = lambda name: None,
        serves: Callable[[str], bool] = lambda name: False,
        unmet: Callable[[str, str], None] = lambda name, reason: None,
        given: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self.unmet = unmet
        self._default = default
        self._authority = authority
        self._terms = terms
        self._serves = serves
        self._given = given
        self._contexts: dict[tuple[str, Terms], ssl.SSLContext] = {}

    def greet(self, name: str) -> Greeting:
        """How a client is greeted that asks for a name, which may be empty."""
        terms = self._terms(name) if name else None
        if terms is None and (not name or self._is_covered(name) or not self._serves(name)):
            return Greeting(name, self._default, [])
        own = terms or Terms()
        if own.asks_client:
            # A context for this one client: no session is resumed, and what it shows is forgotten with it.
            shown: list[bytes] = []
            context = self._made(name, own)
            _ask(context, shown)
            return Greeting(name, context, shown, True)
        context = self._contexts.get((name, own))
        if context is None:
            if len(self._contexts) >= CONTEXTS_MAX:
                self._contexts.clear()
            context = self._contexts[name, own] = self._made(name, own)
        return Greeting(name, context, [], terms is not None)

    def _is_covered(self, name: str) -> bool:
        return self._authority is None or self._authority.covers(name)

    def _made(self, name: str, terms: Terms) -> ssl.SSLContext:
        if self._authority is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            with tempfile.NamedTemporaryFile() as file:
                file.write(self._authority.minted(name))
                file.flush()
                context.load_cert_chain(file.name)
        elif self._given is not None:
            context = self._given()
        else:
            return self._default
        context.set_alpn_protocols(ALPN)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a version that a customer asks for
            context.minimum_version = _VERSIONS[terms.version_min]
        if terms.ciphers:
            context.set_ciphers(terms.ciphers)
        return context


def _ask(context: ssl.SSLContext, shown: list[bytes]) -> None:
    """Have a client show a certificate, and take whichever it shows.

    OpenSSL gives up where it finds no anchor of trust, and Python has no word in that; so the client's own certificate
    becomes one, of this context alone, as soon as it has come.
    """
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VerifyFlags(_PARTIAL_CHAIN | _NO_CHECK_TIME)
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0

    def heard(_: object, direction: str, version: int, __: object, kind: int, message: bytes) -> None:
        if direction == "read" and kind == _CERTIFICATE and not shown:
            shown.extend(_certificates(message[4:], has_extensions=version == _TLS_1_3))
            if shown:
                context.load_verify_locations(cadata=shown[0])

    cast(Any, context)._msg_callback = heard


def _certificates(message: bytes, *, has_extensions: bool) -> list[bytes]:
    """The certificates of a Certificate message (RFC 5246, 7.4.2; RFC 8446, 4.4.2)."""
    found: list[bytes] = []
    at = (1 + message[0] if has_extensions else 0) + 3
    while at + 3 <= len(message) and len(found) < CHAIN_MAX:
        size = int.from_bytes(message[at : at + 3], "big")
        found.append(message[at + 3 : at + 3 + size])
        at += 3 + size
        if has_extensions:
            at += 2 + int.from_bytes(message[at : at + 2], "big")
    return found
