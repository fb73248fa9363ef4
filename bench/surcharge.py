"""What signing (DKIM) and encrypting (STARTTLS) add to a send: with it and without it, by turns.

    python -m bench.surcharge [NAME ...] [--rounds 10]     (rsa-2048, ed25519, tls; all without any)

Two installations of their own, the same but for the one thing. The share is that of the sender's
CPU which goes into it; the ratio beside it is what becomes of the rate.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import statistics
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from bench import rounds, sinks
from bench.installation import Sent, Setup, installed
from bench.sinks import Sink

RSA, ED25519, TLS = "rsa-2048", "ed25519", "tls"
NAMES = (RSA, ED25519, TLS)
READERS = 6_000
"""Two to three seconds of signing with RSA."""


def main() -> None:
    parser = argparse.ArgumentParser(description="What signing and encrypting add to a send.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    figures = []
    for name in asked.names or NAMES:
        figures += measure(name, asked.rounds)
    rounds.show(figures)


def measure(name: str, count: int) -> list[dict[str, object]]:
    print(f"\nwith {name} beside without, {count} rounds")
    plain = Setup(READERS)
    kind = sinks.TLS if name == TLS else sinks.FAST
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(sinks.running(kind))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hebdo-key-")))
        more = dataclasses.replace(plain, more=tuple(signing(name, folder).items()))
        bare = dataclasses.replace(plain, more=(("HEBDO_SMTP_URL", without_tls(sink)),))
        ours = stack.enter_context(installed(more, sink))
        other = stack.enter_context(installed(bare, sink))
        for one in (ours, other):
            one.send()
        with_it: list[Sent] = []
        without: list[Sent] = []
        found = rounds.by_turns(
            count, lambda: kept(other.send(), without), lambda: kept(ours.send(), with_it)
        )
    return told(name, found, with_it, without)


def kept(sent: Sent, among: list[Sent]) -> float:
    among.append(sent)
    return sent.rate


def without_tls(sink: Sink) -> str:
    return f"smtp://127.0.0.1:{sink.port}?tls=none"


def signing(name: str, folder: Path) -> dict[str, str]:
    if name == TLS:
        return {}
    key = (
        rsa.generate_private_key(65537, 2048)
        if name == RSA
        else ed25519.Ed25519PrivateKey.generate()
    )
    file = folder / "dkim.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    file.chmod(0o600)
    return {"HEBDO_DKIM_SELECTOR": "bench", "HEBDO_DKIM_KEY_FILE": str(file)}


def told(
    name: str, found: rounds.Rounds, with_it: list[Sent], without: list[Sent]
) -> list[dict[str, object]]:
    dear = statistics.median(one.sender_us for one in with_it)
    cheap = statistics.median(one.sender_us for one in without)
    shares = [1 - cheap / one.sender_us for one in with_it]
    print(rounds.told(f"with {name} over without", found))
    print(
        f"  CPU a message: {dear:.0f} µs with, {cheap:.0f} µs without:"
        f" {statistics.median(shares):.0%} of the sender's goes into it"
    )
    figure = "tls_share" if name == TLS else "dkim_share"
    key = {} if name == TLS else {"key": name}
    extra = {"with_us": round(dear, 1), "without_us": round(cheap, 1)}
    return [
        rounds.plain(figure, shares, **key, **extra),
        rounds.ratio(f"{figure.removesuffix('_share')}_over_without", found, **key),
    ]


if __name__ == "__main__":
    main()
