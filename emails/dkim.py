"""DKIM signatures (RFC 6376; Ed25519 by RFC 8463), relaxed/relaxed, for the domain in From.

Made by hand because every copy of an edition is signed on its own. A mail of 54 KB takes 320 µs with
RSA of 2048 bits (210 of them the key's own arithmetic, during which other threads run) and 125 µs
with Ed25519; a general library takes some 8 ms. Whether it is right is for others to say: dkimpy and
OpenDKIM judge it in the tests.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from emails.errors import UnfitHeader, UnfitKey

SIGNED = frozenset(
    b"from to cc reply-to subject date message-id mime-version content-type"
    b" content-transfer-encoding list-id list-help list-owner list-archive list-post"
    b" list-unsubscribe list-unsubscribe-post feedback-id auto-submitted cfbl-address".split()
)
"""Fields that are signed where they stand. RFC 8058 §4 asks for both List-Unsubscribe fields, and
Feedback-ID counts only under a signature."""

ONCE = (b"from", b"to", b"subject", b"date", b"reply-to", b"content-type")
"""What readers see, and what decides which part they see: named once more than it stands there, so
that a second one, put before ours on the way, breaks the signature (RFC 6376 §8.15)."""

SMALLEST, LARGEST = 2048, 4096
"""RSA, in bits: what a signer should use, and what every verifier must take (RFC 8301 §3.2)."""

_FOLD = 72
_BLANKS = re.compile(rb" (?: +(?:\r\n)?|\r\n)")
"""A run of blanks, or blanks before a line end. It begins with one literal character, for which the
engine leaps: 54 KB take 60 µs, and ten times that with a class in its place."""
_FROM = re.compile(rb"from:(?:.*<)?[^\s<>@,]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>?\r\n")
_PKCS1 = PKCS1v15()
_SHA256 = hashes.SHA256()

Key = RSAPrivateKey | Ed25519PrivateKey


class Algorithm(StrEnum):
    """The kinds of key. RSA is the one that every receiver can check."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class Signer:
    """One key under one selector, for every domain that publishes `record` there.

    Safe in any number of threads; signing lets other threads run meanwhile.
    """

    selector: str
    key: Key = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """A whole message with its DKIM-Signature before it; the message itself is not touched.

        `data` is what an `Envelope` holds: lines end in CRLF, nothing is dot-stuffed. No line of the
        signature begins with a dot, so none of the result does either. Raises UnfitHeader unless
        there is exactly one From with one address. Signing again gives a later `t=`, no error.
        """
        head, _, body = data.partition(b"\r\n\r\n")
        fields = _fields(head)
        names = tuple(name for name, _ in fields)
        digest = hashlib.sha256(relaxed_body(body)).digest()
        tags = self._tags(_domain(fields), _names(names), digest)
        lines = [line for _, line in fields]
        # The signature's own field closes what is signed: b= empty, no line end (RFC 6376 §3.7).
        lines.append(b"dkim-signature:" + tags.replace(b"\r\n ", b" "))
        signature = base64.b64encode(self._signature(b"".join(lines)))
        return b"".join((b"DKIM-Signature: ", tags, _folded(signature), b"\r\n", data))

    def record(self) -> str:
        """The text of the TXT record that publishes this key (RFC 6376 §3.6.1)."""
        public = self.key.public_key()
        if isinstance(self.key, Ed25519PrivateKey):
            form = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        else:
            der = serialization.PublicFormat.SubjectPublicKeyInfo
            form = (serialization.Encoding.DER, der)
        packed = base64.b64encode(public.public_bytes(*form)).decode("ascii")
        return f"v=DKIM1; k={self.algorithm}; p={packed}"

    def record_name(self, domain: str) -> str:
        """Where receivers look for it."""
        return f"{self.selector}._domainkey.{domain}"

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.RSA if isinstance(self.key, RSAPrivateKey) else Algorithm.ED25519

    def _tags(self, domain: bytes, names: bytes, digest: bytes) -> bytes:
        """The value of the field as far as `b=`, folded; no `l=`, which would let text be added."""
        return (
            f"v=1; a={self.algorithm}-sha256; c=relaxed/relaxed;\r\n d={domain.decode('ascii')};"
            f" s={self.selector}; t={int(time.time())};\r\n"
            f" h={names.decode('ascii')};\r\n"
            f" bh={base64.b64encode(digest).decode('ascii')};\r\n b="
        ).encode("ascii")

    def _signature(self, signed: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(signed, _PKCS1, _SHA256)
        # RFC 8463 §3 signs the hash of the text, not the text.
        return self.key.sign(hashlib.sha256(signed).digest())


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.4: runs of blanks are one, none ends a line, no empty line ends the body."""
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    body = _narrowed(body)
    if not body.endswith(b"\r\n\r\n") and body != b"\r\n":
        return body
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end else b""


def _narrowed(text: bytes) -> bytes:
    return _BLANKS.sub(_narrow, text.replace(b"\t", b" "))


def _narrow(found: re.Match[bytes]) -> bytes:
    return b"\r\n" if found[0].endswith(b"\n") else b" "


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """Name and relaxed line (RFC 6376 §3.4.2) of every field to sign, the last one first.

    That is the order in which a verifier takes fields of one name (§5.4.2).
    """
    unfolded = _narrowed(head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" "))
    found: list[tuple[bytes, bytes]] = []
    for line in unfolded.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" ").lower()
        if colon and name in SIGNED:
            found.append((name, b"%b:%b\r\n" % (name, value.strip(b" "))))
    found.reverse()
    return found


def _domain(fields: list[tuple[bytes, bytes]]) -> bytes:
    """The domain of From: DMARC asks that it be the one that signs (RFC 7489 §3.1.1)."""
    senders = [line for name, line in fields if name == b"from"]
    read = _FROM.fullmatch(senders[0]) if len(senders) == 1 else None
    if read is None:
        raise UnfitHeader("From", "must stand there once, with one address, to be signed for")
    return read[1].lower()


@lru_cache(maxsize=64)
def _names(names: tuple[bytes, ...]) -> bytes:
    """The value of `h=`, folded; the same for all copies of an edition, so made once."""
    lines = [b""]
    for name in (*names, *ONCE):
        if len(lines[-1]) + len(name) >= _FOLD:
            lines.append(b"")
        lines[-1] += name + b":"
    return b"\r\n ".join(lines).removesuffix(b":")


def _folded(encoded: bytes) -> bytes:
    return b"\r\n ".join(encoded[at : at + _FOLD] for at in range(0, len(encoded), _FOLD))


def read_key(pem: bytes) -> Key:
    """The private key in a PEM file. Raises UnfitKey for what receivers would not accept."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError as odd:
        raise UnfitKey("is locked by a passphrase, which a service cannot type") from odd
    except (ValueError, UnsupportedAlgorithm) as odd:
        raise UnfitKey("holds no private key in PEM form") from odd
    if isinstance(key, Ed25519PrivateKey):
        return key
    if not isinstance(key, RSAPrivateKey):
        raise UnfitKey("holds a key that is neither RSA nor Ed25519")
    if not SMALLEST <= key.key_size <= LARGEST:
        raise UnfitKey(
            f"holds an RSA key of {key.key_size} bits; receivers take {SMALLEST} to {LARGEST}"
        )
    return key


def make_key(algorithm: Algorithm) -> bytes:
    """A new private key, as PEM (PKCS #8) without a passphrase: the caller keeps it from others."""
    key: Key
    if algorithm is Algorithm.RSA:
        key = generate_private_key(public_exponent=65537, key_size=SMALLEST)
    else:
        key = Ed25519PrivateKey.generate()
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
