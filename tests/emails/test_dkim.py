"""A signed mail is believed by those who check it, and a changed one is not."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from emails import compose, dkim, render
from emails.dkim import Algorithm, Signer
from emails.errors import UnfitHeader, UnfitKey
from tests.emails import opendkim, samples

EVERY_KEY = pytest.mark.parametrize("algorithm", list(Algorithm))
HEAD = b"From: lettre@hebdo.example\r\nSubject: Bonjour\r\n\r\n"


@cache
def signer(algorithm: Algorithm = Algorithm.RSA) -> Signer:
    return Signer("hebdo", dkim.read_key(dkim.make_key(algorithm)))


@cache
def issue() -> bytes:
    """A copy of the whole sample issue, as it goes out."""
    printed = render.print_issue(samples.ISSUE)
    at = dt.datetime(2026, 11, 24, 6, 0, tzinfo=dt.UTC)
    return compose.compile_issue(printed, samples.MASTHEAD, at).fill(samples.LEA).data


def believed(message: bytes, by: Signer, domain: str = "hebdo.example") -> bool:
    """What dkimpy says of what arrives, when the key is published where it is looked for."""

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        published = by.record_name(domain) + "."
        return by.record().encode() if name.decode() == published else None

    return bool(dkimpy.verify(ended(message), dnsfunc=look_up))


def ended(text: bytes) -> bytes:
    """As SMTP delivers it: the last line ends like all others (RFC 5321 §4.1.1.4)."""
    return text if not text or text.endswith(b"\r\n") else text + b"\r\n"


def tags(message: bytes) -> dict[str, str]:
    head = re.sub(rb"\r\n[ \t]", b" ", message.partition(b"\r\n\r\n")[0])
    line = head.split(b"\r\n")[0].decode("ascii").removeprefix("DKIM-Signature: ")
    pairs = (pair.partition("=") for pair in line.split(";"))
    return {name.strip(): re.sub(r"\s", "", value) for name, _, value in pairs}


@EVERY_KEY
def test_an_issue_is_believed_by_dkimpy(algorithm: Algorithm) -> None:
    signed = signer(algorithm).sign(issue())
    assert signed.endswith(issue())
    assert believed(signed, signer(algorithm))


@EVERY_KEY
def test_a_mail_signed_by_another_key_is_not_believed(algorithm: Algorithm) -> None:
    other = Signer("hebdo", dkim.read_key(dkim.make_key(algorithm)))
    assert not believed(other.sign(issue()), signer(algorithm))


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a word of the body": lambda mail: mail.replace(b"biblioth", b"bibliotH"),
    "a line at the end": lambda mail: mail + b"Buy now\r\n",
    "the subject": lambda mail: mail.replace(b"\r\nSubject: ", b"\r\nSubject: Re: "),
    "another subject before ours": lambda mail: b"Subject: Buy now\r\n" + mail,
    "another sender before ours": lambda mail: b"From: eve@evil.example\r\n" + mail,
    "another place for answers": lambda mail: b"Reply-To: eve@evil.example\r\n" + mail,
    "another boundary": lambda mail: b"Content-Type: text/plain\r\n" + mail,
    "the way out": lambda mail: mail.replace(
        b"<https://hebdo.example/unsub", b"<https://x.example/u"
    ),
    "the one click": lambda mail: re.sub(rb"\r\nList-Unsubscribe-Post: [^\r]*", b"", mail),
    "the feedback id": lambda mail: mail.replace(b"\r\nFeedback-ID: ", b"\r\nFeedback-ID: x"),
    "the message id": lambda mail: mail.replace(b"\r\nMessage-ID: <", b"\r\nMessage-ID: <x"),
    "the day": lambda mail: mail.replace(b"\r\nDate: Tue, 24", b"\r\nDate: Wed, 25"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_mail_is_not_believed(change: Callable[[bytes], bytes]) -> None:
    signed = signer().sign(issue())
    assert change(signed) != signed
    assert not believed(change(signed), signer())


def test_what_relays_may_do_to_a_mail_breaks_nothing() -> None:
    """Folds moved, blanks doubled, traces put before, an empty line at the end (RFC 6376 §3.4)."""
    signed = signer().sign(issue())
    travelled = b"Received: from here by there\r\n" + signed.replace(
        b"\r\nReply-To: ", b"\r\nreply-to:\r\n\t"
    )
    assert travelled.count(b"\t") == 1
    assert believed(travelled + b"\r\n\r\n", signer())


def test_the_fields_of_one_click_are_signed_and_no_length_is_given() -> None:
    found = tags(signer().sign(issue()))
    covered = found["h"].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post", "feedback-id", "list-id"} <= set(covered)
    assert {"message-id", "date", "mime-version", "reply-to"} <= set(covered)
    assert covered.count("from") == 2
    assert "l" not in found
    assert found["c"] == "relaxed/relaxed"
    assert (found["d"], found["s"], found["a"]) == ("hebdo.example", "hebdo", "rsa-sha256")


def test_the_signature_is_dated_now() -> None:
    stamped = int(tags(signer().sign(HEAD))["t"])
    assert abs(dt.datetime.now(dt.UTC).timestamp() - stamped) < 60


@EVERY_KEY
def test_a_signed_mail_needs_no_stuffing_and_keeps_to_short_lines(algorithm: Algorithm) -> None:
    signed = signer(algorithm).sign(issue())
    header = signed.removesuffix(issue())
    assert header.endswith(b"\r\n")
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", header) is None
    assert not any(line.startswith(b".") for line in signed.split(b"\r\n"))
    assert max(len(line) for line in header.split(b"\r\n")) <= 78


def test_the_domain_of_the_sender_signs() -> None:
    mail = b'From: "A <b@c.example>" <Lettre@News.Example.ORG>\r\n\r\nMot\r\n'
    signed = signer().sign(mail)
    assert tags(signed)["d"] == "news.example.org"
    assert believed(signed, signer(), "news.example.org")


@pytest.mark.parametrize(
    "head",
    [
        b"Subject: nobody",
        b"From: nobody",
        b"From: a@one.example, b@two.example",
        b"From: a@one.example\r\nFrom: b@two.example",
        b"From: a@one.example; d=two.example",
        "From: a@hébdo.example".encode(),
        b"",
    ],
)
def test_nothing_is_signed_for_a_sender_that_is_not_one(head: bytes) -> None:
    with pytest.raises(UnfitHeader):
        signer().sign(head + b"\r\n\r\nMot\r\n")


BLANKS_AND_WORDS = st.lists(
    st.sampled_from([b" ", b"\t", b"\r\n", b"\r\n\r\n", b".", b"mot", b"=C3=A9", b"  ", b"\xff"]),
    max_size=30,
).map(b"".join)


@given(BLANKS_AND_WORDS)
def test_any_body_is_believed(body: bytes) -> None:
    by = signer(Algorithm.ED25519)
    assert believed(by.sign(HEAD + body), by)


@given(st.binary(max_size=300))
def test_a_body_is_made_relaxed_as_others_make_it(body: bytes) -> None:
    body = re.sub(rb"[\r\n]", b"\r\n", body)
    others = dkimpy.canonicalization.Relaxed.canonicalize_body(ended(body))
    assert dkim.relaxed_body(body) == others


VALUES = st.lists(
    st.sampled_from(
        [b" ", b"\t", b"\r\n ", b"\r\n\t", b"mot", b":", b"=?utf-8?q?=C3=A9?=", b";", b"a=b"]
    ),
    min_size=1,
    max_size=12,
).map(lambda parts: b"".join(parts) + b"x")
NAMES = st.sampled_from(
    [b"Subject", b"LIST-ID", b"To", b"list-unsubscribe", b"X-Other", b"Date", b"Cc"]
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.integers(0, 8))
def test_any_header_is_believed(fields: list[tuple[bytes, bytes]], at: int) -> None:
    lines = [name + b":" + value for name, value in fields]
    lines.insert(at, b"From: lettre@hebdo.example")
    mail = b"\r\n".join(lines) + b"\r\n\r\nMot\r\n"
    assert believed(signer(Algorithm.ED25519).sign(mail), signer(Algorithm.ED25519))


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b" \t\r\n\r\n", b"mot", b"mot \t", b"\r\n\r\nmot\r\n"]
)
def test_odd_ends_are_believed(body: bytes) -> None:
    assert believed(signer().sign(HEAD + body), signer())


def test_a_signer_serves_many_threads_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(signer().sign, [issue()] * 40))
    assert all(believed(each, signer()) for each in signed)


@pytest.mark.judge
@pytest.mark.parametrize("change", [None, *CHANGES.values()], ids=["nothing", *CHANGES])
def test_opendkim_believes_what_is_unchanged(
    change: Callable[[bytes], bytes] | None, tmp_path: Path
) -> None:
    if opendkim.library() is None:
        pytest.skip("needs an outside judge: OpenDKIM's library")
    signed = signer().sign(issue())
    name, record = signer().record_name("hebdo.example"), signer().record()
    changed = change(signed) if change else signed
    said = opendkim.verdict(changed, name, record, tmp_path)
    assert (said == opendkim.GOOD) is (change is None), said


def test_the_record_holds_the_public_key() -> None:
    by = signer(Algorithm.ED25519)
    raw = by.key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    assert by.record() == f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
    assert signer().record().startswith("v=DKIM1; k=rsa; p=MIIBIjAN")
    assert signer().record_name("hebdo.example") == "hebdo._domainkey.hebdo.example"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> bytes:
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        lock = serialization.BestAvailableEncryption(passphrase)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    return key.private_bytes(*form)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (pem(rsa.generate_private_key(65537, 1024)), "1024 bits"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither RSA nor Ed25519"),
        (pem(ec.generate_private_key(ec.SECP256R1()), b"open"), "passphrase"),
        (b"-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----\n", "no private key"),
        (b"", "no private key"),
    ],
    ids=["short", "elliptic", "locked", "garbled", "empty"],
)
def test_a_key_that_receivers_would_not_accept_is_refused(held: bytes, said: str) -> None:
    with pytest.raises(UnfitKey, match=said):
        dkim.read_key(held)


def test_a_key_does_not_show_itself() -> None:
    assert "key" not in repr(signer())
