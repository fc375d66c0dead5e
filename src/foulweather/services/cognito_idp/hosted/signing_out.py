"""/logout: the browser is signed in no more, and goes back to the app or to the page to sign in on.

https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
"""

from __future__ import annotations

from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp.hosted import browsers
from foulweather.services.cognito_idp.hosted.asking import asked, client_of, page_refusal
from foulweather.services.cognito_idp.hosted.visit import Visit


async def sign_out(visit: Visit) -> HttpResponse:
    """Sign out of a browser; tokens stay good."""
    app = client_of(visit, visit.query)
    uri = visit.query.get("logout_uri")
    if uri is None:
        found = asked(visit, visit.query)
        browsers.forget(visit)
        return visit.redirect(visit.link("/login", found.params))
    allowed: list[str] = app.client.settings.get("LogoutURLs") or []
    if uri not in allowed:
        raise page_refusal(
            "redirect_mismatch",
            "The logout URI is not one of the client's logout URLs.",
            Fact("request", "logout_uri", uri),
            visit.call.fact(f"{visit.pool.arn}/client/{app.client.id}", "LogoutURLs", allowed),
        )
    browsers.forget(visit)
    return visit.redirect(uri)
