"""HTTP connections that do not hang up on a request that is on its way when the service is told to stop."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE_SECONDS = 1.0


class PatientProtocol(HttpToolsProtocol):
    """Waits a moment for the first request of a connection that was opened just before the end.

    A worker that is told to stop takes such a connection, and would close it before the request has been read: whoever sent
    it would not know whether it was done.
    """

    def shutdown(self) -> None:
        """Close the connection once its request is answered, or once it is clear that none comes."""
        if self.cycle is None:
            self.loop.call_later(PATIENCE_SECONDS, super().shutdown)
        else:
            super().shutdown()
