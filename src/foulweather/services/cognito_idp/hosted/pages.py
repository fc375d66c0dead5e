"""The pages: plain HTML without scripts or anything from elsewhere; whatever is told in them is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from foulweather.kernel.http import HttpResponse
from foulweather.services.cognito_idp.hosted.visit import CSRF_FIELD, Visit

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem;color:#16191f}"
    "label{display:block;margin:.75rem 0 .25rem}input{width:100%;box-sizing:border-box;padding:.5rem;font:inherit}"
    "button{margin-top:1rem;width:100%;padding:.6rem;font:inherit;background:#16191f;color:#fff;border:0}"
    "[role=alert]{border-left:4px solid #b0120a;padding:.25rem .75rem;background:#fdf0ef}"
    "[role=status]{border-left:4px solid #1d8102;padding:.25rem .75rem;background:#f2f8f0}"
)
_STYLE_SOURCE: Final = f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"


def page(visit: Visit, title: str, body: str, status: int = 200) -> HttpResponse:
    """A page; the body is HTML already."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return visit.page(html, status, _STYLE_SOURCE)


def form(visit: Visit, action: str, fields: Iterable[str], button: str, hidden: Mapping[str, str] | None = None) -> str:
    """A form that only this domain's own pages can have."""
    held = {CSRF_FIELD: visit.csrf_token, **(hidden or {})}
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in held.items()
    )
    return (
        f'<form method="post" action="{escape(action)}">{kept}{"".join(fields)}'
        f'<button type="submit">{escape(button)}</button></form>'
    )


def field(name: str, label: str, kind: str = "text", value: str = "", fill: str = "off") -> str:
    """An input with its label."""
    return (
        f'<label for="{escape(name)}">{escape(label)}</label>'
        f'<input id="{escape(name)}" name="{escape(name)}" type="{kind}" value="{escape(value)}" '
        f'autocomplete="{fill}" required>'
    )


def choice(name: str, values: Mapping[str, str]) -> str:
    """One of several."""
    return "".join(
        f'<label><input type="radio" name="{escape(name)}" value="{escape(value)}" required> {escape(label)}</label>'
        for value, label in values.items()
    )


def link(url: str, words: str) -> str:
    """A link, in a line of its own."""
    return f'<p><a href="{escape(url)}">{escape(words)}</a></p>'


def alert(words: str) -> str:
    """What went wrong."""
    return f'<p role="alert">{escape(words)}</p>' if words else ""


def note(words: str) -> str:
    """What went well."""
    return f'<p role="status">{escape(words)}</p>' if words else ""


def text(words: str) -> str:
    """A paragraph."""
    return f"<p>{escape(words)}</p>"
