"""What guards every answer and every request: headers that tie a browser down, and a limit on what may be sent."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from classifier.web.answers import answer_problem
from classifier.web.problems import ProblemError
from classifier.web.settings import WebSettings


def headers_of(settings: WebSettings) -> dict[str, str]:
    """Return the headers of every answer: no script but the service's own, no frame, nothing kept, nothing told to others."""
    # Logging out posts a form that the provider's address follows.
    forms = "'self'" if settings.oidc is None else f"'self' {_origin(settings.oidc.issuer)}"
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": forms,
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


class SecurityHeaders:
    """Adds the headers to each answer that does not have them."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        """Take the application that answers."""
        self.app = app
        self._headers = headers_of(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyLimit:
    """Reads a request's body before anything else does, and answers one that is too large with a problem."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        """Take the application that answers, and the most bytes it will get."""
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        too_large = declared.isdigit() and int(declared) > self.limit
        body = bytearray()
        more = not too_large
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self.limit:
                too_large, more = True, False
        if too_large:
            shown = f"{self.limit:,}".replace(",", " ")
            problem = ProblemError(
                "too-large", f"En forespørsel kan være på høyst {shown} byte.", members={"limit": self.limit}
            )
            # What is still on its way is not read, so that the connection cannot serve another request.
            problem.headers["Connection"] = "close"
            response = answer_problem(Request(scope), problem)
            await response(scope, receive, send)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self.app(scope, replay, send)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
