"""A proxy that makes loopback as slow as a network: every byte arrives so much later, both ways.

    python -m bench.proxy PORT TARGET_PORT MILLISECONDS

`MILLISECONDS` is the round trip; half of it each way. Bytes keep their order, and nothing limits how
many are under way: it is a long road, not a narrow one.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import deque
from typing import Any, Self


class End(asyncio.Protocol):
    """One end of a line; what comes in here goes out at the other end, later."""

    def __init__(self, delay: float, target: int | None = None) -> None:
        self.delay = delay
        self.target = target
        self.other: Self | None = None
        self.under_way: deque[bytes] = deque()
        """What has come and is not due yet; empty bytes stand for the end."""
        self.transport: Any = None
        self.opening: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if self.target is not None:
            transport.pause_reading()
            self.opening = asyncio.ensure_future(self.reach(self.target))

    async def reach(self, target: int) -> None:
        loop = asyncio.get_running_loop()
        _, other = await loop.create_connection(lambda: End(self.delay), "127.0.0.1", target)
        self.other, other.other = other, self  # type: ignore[assignment]
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self.under_way.append(data)
        asyncio.get_running_loop().call_later(self.delay, self.pass_on)

    def connection_lost(self, error: Exception | None) -> None:
        self.under_way.append(b"")
        asyncio.get_running_loop().call_later(self.delay, self.pass_on)

    def pass_on(self) -> None:
        """One call for each piece: timers of equal delay may change places, the pieces may not."""
        piece = self.under_way.popleft()
        if self.other is None or self.other.transport.is_closing():
            return
        if piece:
            self.other.transport.write(piece)
        else:
            self.other.transport.close()


async def serve(port: int, target: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, over.set_result, None)
    server = await loop.create_server(lambda: End(delay, target), "127.0.0.1", port, backlog=512)
    print("ready", flush=True)
    await over
    server.close()


def main() -> None:
    import uvloop

    port, target, milliseconds = sys.argv[1:]
    uvloop.run(serve(int(port), int(target), float(milliseconds) / 2000))


if __name__ == "__main__":
    main()
