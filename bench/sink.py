"""The sink in Python: for TLS, and where there is no compiler for `sink.c`, which costs a quarter.

    python -m bench.sink PORT [--lock-step] [--certificate FILE]

The same answers, counts and signals as `sink.c` (see there); with a certificate it offers STARTTLS.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import ssl
import time
from collections import Counter
from typing import Any

END = b"\r\n.\r\n"


class Tally:
    """What was accepted since it was last told."""

    def __init__(self) -> None:
        self.readers: Counter[bytes] = Counter()
        self.first_at = 0.0

    def count(self, reader: bytes) -> None:
        if not self.readers:
            self.first_at = time.monotonic()
        self.readers[reader] += 1

    def tell(self) -> None:
        told = {
            "taken": self.readers.total(),
            "different": len(self.readers),
            "most": max(self.readers.values(), default=0),
            "first_at": round(self.first_at, 6),
        }
        print(json.dumps(told), flush=True)
        self.__init__()  # type: ignore[misc]


class Session(asyncio.Protocol):
    """One connection. Commands come by line, a message until its final dot."""

    def __init__(self, tally: Tally, offers: list[bytes], tls: ssl.SSLContext | None) -> None:
        self.tally = tally
        self.offers = offers
        self.tls = tls
        self.rest = b""
        self.in_data = False
        self.tail = b""
        self.reader = b""
        self.is_leaving = False
        self.securing: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        replies: list[bytes] = []
        data, self.rest = self.rest + data, b""
        while data:
            data, reply = self.take_content(data) if self.in_data else self.take_command(data)
            replies.append(reply)
        self.transport.write(b"".join(replies))
        if self.is_leaving:
            self.transport.close()

    def take_content(self, data: bytes) -> tuple[bytes, bytes]:
        """What comes behind the final dot, and its answer; nothing and nothing before it came."""
        end = (self.tail + data).find(END)
        if end < 0:
            self.tail = (self.tail + data[-4:])[-4:]
            return b"", b""
        behind = data[end - len(self.tail) + len(END) :]
        self.in_data, self.tail = False, b""
        self.tally.count(self.reader)
        return behind, b"250 2.0.0 Ok: queued as SINK\r\n"

    def take_command(self, data: bytes) -> tuple[bytes, bytes]:
        line, newline, behind = data.partition(b"\r\n")
        if not newline:
            self.rest = data
            return b"", b""
        return behind, self.answer(line)

    def answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink.test\r\n" + b"".join(self.offers) + b"250 HELP\r\n"
        if verb == b"STAR" and self.tls is not None:
            self.transport.pause_reading()
            self.securing = asyncio.ensure_future(self.secure(self.tls))
            return b"220 2.0.0 Ready\r\n"
        if verb == b"RCPT":
            self.reader = line[8:].strip(b" <>")
        if verb == b"DATA":
            # The first line end of the message may be that of the final dot itself.
            self.in_data, self.tail = True, b"\r\n"
            return b"354 End with a dot\r\n"
        if verb == b"QUIT":
            self.is_leaving = True
            return b"221 2.0.0 Bye\r\n"
        return b"250 2.0.0 Ok\r\n"

    async def secure(self, tls: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        self.tls = None
        self.offers = [one for one in self.offers if b"STARTTLS" not in one]
        self.transport = await loop.start_tls(self.transport, self, tls, server_side=True)


async def serve(asked: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    tally, tls = Tally(), None
    offers = [] if asked.lock_step else [b"250-PIPELINING\r\n"]
    if asked.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(asked.certificate)
        offers.append(b"250-STARTTLS\r\n")
    loop.add_signal_handler(signal.SIGUSR1, tally.tell)
    loop.add_signal_handler(signal.SIGTERM, over.set_result, None)
    server = await loop.create_server(
        lambda: Session(tally, list(offers), tls), "127.0.0.1", asked.port, backlog=512
    )
    print("ready", flush=True)
    await over
    server.close()


def main() -> None:
    import uvloop

    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--lock-step", action="store_true")
    parser.add_argument("--certificate")
    uvloop.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
