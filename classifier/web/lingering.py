"""A moment between being told to stop and stopping, so that no request on its way is lost."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

LINGER_SECONDS = 1.0

Handler = Callable[[int, FrameType | None], object]


@dataclass(frozen=True)
class _Later:
    loop: asyncio.AbstractEventLoop
    handler: Handler

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.loop.call_soon_threadsafe(self.loop.call_later, LINGER_SECONDS, self.handler, number, frame)


def linger() -> None:
    """Let the running event loop's process go on to serve for a moment after SIGTERM or SIGINT, before its server hears of it.

    A server that stops closes its socket at once, and with it connections that it has just taken and not read from yet: whoever
    sent a request there would not know whether it was done. Does nothing where no event loop runs, or if called again.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)
        if callable(handler) and not isinstance(handler, _Later):
            signal.signal(number, _Later(loop, handler))
