"""A fast SMTP sink: answers correctly, offers PIPELINING, counts, and keeps nothing.

`smtp-sink` parses byte by byte (330 µs for 61 KB) and so hides whoever sends to it; this one looks
only for the end of each message. Run it as `python -m bench.sink PORT`; SIGUSR1 makes it print what
it took since the last time, SIGTERM ends it. Listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import sys
from typing import Any

END = b"\r\n.\r\n"


class Session(asyncio.Protocol):
    """One connection. Commands come by line, a message until its final dot."""

    taken = 0
    recipients: dict[bytes, int] = {}  # noqa: RUF012 - one count for all sessions

    def __init__(self) -> None:
        self.rest = b""
        self.in_data = False
        self.tail = b""
        self.rcpt = b""
        self.is_leaving = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        replies: list[bytes] = []
        data = self.rest + data
        while data:
            if self.in_data:
                end = (self.tail + data).find(END)
                if end < 0:
                    self.tail = (self.tail + data[-4:])[-4:]
                    data = b""
                    break
                data = data[end - len(self.tail) + len(END) :]
                self.in_data, self.tail = False, b""
                Session.taken += 1
                seen = Session.recipients
                seen[self.rcpt] = seen.get(self.rcpt, 0) + 1
                replies.append(b"250 2.0.0 Ok: queued as SINK\r\n")
                continue
            line, newline, rest = data.partition(b"\r\n")
            if not newline:
                break
            data = rest
            replies.append(self.answer(line))
        self.rest = b"" if self.in_data else data
        if replies:
            self.transport.write(b"".join(replies))
        if self.is_leaving:
            self.transport.close()

    def answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink.test\r\n250 PIPELINING\r\n"
        if verb == b"RCPT":
            self.rcpt = line[8:].strip(b" <>")
        if verb == b"DATA":
            # The first line end of the message may be that of the final dot itself.
            self.in_data, self.tail = True, b"\r\n"
            return b"354 End with a dot\r\n"
        if verb == b"QUIT":
            self.is_leaving = True
            return b"221 Bye\r\n"
        return b"250 Ok\r\n"


def report() -> None:
    """One JSON line: how many messages, to how many different addresses, and the most to one."""
    seen = Session.recipients
    told = {"taken": Session.taken, "different": len(seen), "most": max(seen.values(), default=0)}
    print(json.dumps(told), flush=True)
    Session.taken = 0
    Session.recipients = {}


async def serve(port: int, tls: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.add_signal_handler(signal.SIGUSR1, report)
    loop.add_signal_handler(signal.SIGTERM, over.set_result, None)
    server = await loop.create_server(Session, "127.0.0.1", port, ssl=tls, backlog=512)
    print("ready", flush=True)
    await over
    server.close()


def main() -> None:
    import uvloop

    port = int(sys.argv[1])
    tls = None
    if len(sys.argv) > 2:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[2])
    uvloop.run(serve(port, tls))


if __name__ == "__main__":
    main()
