"""The doctor looks where receivers look: at our domains' SPF, DKIM and DMARC, at the relay's name and TLS.

All is asked of a real DNS server on loopback. What is there, what is wrong, what is missing and what nobody
could tell are four answers, and the last is no fault.
"""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from app import lookups
from app.cli import cli
from app.extensions import db
from app.settings import Settings
from emails.dkim import Algorithm, Signer, make_key, read_key
from tests import certificates, rows
from tests.conftest import SECRET, make_settings
from tests.names import NameServer
from tests.relay import StoryRelay

Zone = dict[str, dict[str, list[str]]]
Found = list[dict[str, Any]]

HOST, ADDRESS, SIXTH = "out.relay.net", "185.10.20.30", "2a01:e0a:1:2::3"
"""The relay, at addresses that a stranger could have; nobody connects to them."""

FORTH = "30.20.10.185.in-addr.arpa"
SIXTH_FORTH = "3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.1.0.0.0.a.0.e.0.1.0.a.2.ip6.arpa"


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """On one database: rows only tell which domains we write from."""
    shutil.copy(sqlite_template, tmp_path / "hebdo.sqlite")
    return make_settings(f"sqlite:///{tmp_path / 'hebdo.sqlite'}", tmp_path)


@pytest.fixture
def zone() -> Zone:
    return {"hebdo.net": {}, HOST: {"A": [ADDRESS]}}


@pytest.fixture
def names(
    zone: Zone, settings: Settings, flask_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NameServer]:
    """Who tells what is in `zone`; the newsletter and the desk write from hebdo.net."""
    newsletter = rows.newsletter()
    newsletter.sender_address = "lettre@hebdo.net"
    db.session.commit()
    monkeypatch.setattr(lookups, "PATIENCE", 0.3)
    with NameServer(zone, silent=set(), broken=set()) as server:
        given = {
            "HEBDO_STATE_DIR": str(settings.state_dir),
            "HEBDO_SECRET_KEY": SECRET,
            "HEBDO_BASE_URL": settings.base_url,
            "HEBDO_SMTP_URL": f"smtp://{HOST}:587?tls=starttls",
            "HEBDO_MAIL_FROM": "bureau@hebdo.net",
            "HEBDO_DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "HEBDO_DNS": server.address,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        yield server


def asked(*checks: str) -> Found:
    """What the doctor found, and that its exit code says whether anything is wrong."""
    only = [part for check in checks for part in ("--only", check)]
    result = CliRunner().invoke(cli, ["doctor", *only, "--format", "json"], prog_name="hebdo")
    found: Found = json.loads(result.stdout)
    assert result.exit_code == any(each["ok"] is False for each in found), result.output
    assert {each["check"] for each in found} <= set(checks)
    return found


def one(check: str) -> tuple[bool | None, str, str]:
    (found,) = asked(check)
    return found["ok"], found["says"], found["do"]


# SPF -----------------------------------------------------------------------------------------------

LETS_SEND = {
    "its address": ["v=spf1 ip4:185.10.20.0/24 -all"],
    "its name": ["v=spf1 a:out.relay.net -all"],
    "its MX": ["v=spf1 mx -all"],
    "an include of its own": ["v=spf1 include:spf.relay.net ~all"],
    "an include of an include": ["v=spf1 include:other.net ~all"],
    "a redirect": ["v=spf1 redirect=spf.relay.net"],
    "beside a text that is none": ["v=spf10 -all", "v=spf1 a:out.relay.net -all"],
    "capitals": ["V=SPF1 A:OUT.RELAY.NET -ALL"],
}


@pytest.mark.parametrize("published", LETS_SEND.values(), ids=LETS_SEND)
def test_a_record_that_lets_the_relay_send_is_well(
    names: NameServer, zone: Zone, published: list[str]
) -> None:
    zone["hebdo.net"] = {"TXT": [f'"{each}"' for each in published], "MX": ["10 out.relay.net."]}
    zone["spf.relay.net"] = {"TXT": ['"v=spf1 ip4:185.10.20.30 -all"']}
    zone["other.net"] = {"TXT": ['"v=spf1 include:spf.relay.net -all"']}
    ok, says, do = one("spf")
    assert (ok, do) == (True, ""), says
    assert "hebdo.net lets" in says


WRONG: dict[str, tuple[list[str], str, str]] = {
    "missing": ([], "hebdo.net has no SPF record", '"v=spf1 a:out.relay.net ~all"'),
    "another text": (["site=1"], "hebdo.net has no SPF record", '"v=spf1 a:out.relay.net ~all"'),
    "two": (
        ["v=spf1 mx -all", "v=spf1 include:spf.relay.net ~all"],
        "2 SPF records",
        '"v=spf1 include:spf.relay.net mx ~all"',
    ),
    "-all alone": (["v=spf1 -all"], "nobody send", '"v=spf1 a:out.relay.net -all"'),
    "+all": (["v=spf1 +all"], "anybody send", "~all or -all"),
    "all": (["v=spf1 mx all"], "anybody send", "~all or -all"),
    "no such term": (["v=spf1 ipv4:185.10.20.30 -all"], "“ipv4:185.10.20.30” is no term", "Mend"),
    "no such address": (["v=spf1 ip4:185.10.20.300 -all"], "“185.10.20.300” is no address", "Mend"),
    "an include of nothing": (["v=spf1 include:hebdo.org ~all"], "includes hebdo.org", "Mend"),
    "an include of itself": (["v=spf1 include:hebdo.net ~all"], "more than 10 look-ups", "Mend"),
    "eleven look-ups": (
        ["v=spf1 " + "a:out.relay.net " * 11 + "-all"],
        "more than 10 look-ups",
        "Mend",
    ),
}


@pytest.mark.parametrize(("published", "told", "remedy"), WRONG.values(), ids=WRONG)
def test_a_record_that_is_missing_or_wrong_is_told_with_the_one_to_publish(
    names: NameServer, zone: Zone, published: list[str], told: str, remedy: str
) -> None:
    zone["hebdo.net"] = {"TXT": [f'"{each}"' for each in published]} if published else {}
    ok, says, do = one("spf")
    assert ok is False
    assert told in says
    assert remedy in do


def test_a_record_that_does_not_name_the_relay_is_no_fault_but_is_told(
    names: NameServer, zone: Zone
) -> None:
    zone["hebdo.net"] = {"TXT": ['"v=spf1 ip4:185.99.0.1 include:elsewhere.net -all"']}
    zone["elsewhere.net"] = {"TXT": ['"v=spf1 ip4:185.99.0.2 -all"']}
    ok, says, do = one("spf")
    assert ok is None
    assert f"does not name the relay {HOST}" in says
    proposed = "v=spf1 ip4:185.99.0.1 include:elsewhere.net a:out.relay.net -all"
    assert f'hebdo.net. IN TXT ( "{proposed}" )' in do


def test_a_providers_relay_is_known_by_what_it_asks_to_be_included(
    names: NameServer, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEBDO_SMTP_URL", "smtp://in-v3.mailjet.com:587?tls=starttls")
    zone["in-v3.mailjet.com"] = {"A": [ADDRESS]}
    assert '"v=spf1 include:spf.mailjet.com ~all"' in one("spf")[2]
    zone["spf.mailjet.com"] = {"TXT": ['"v=spf1 ip4:185.99.0.0/16 ?all"']}
    zone["hebdo.net"] = {"TXT": ['"v=spf1 include:spf.mailjet.com ~all"']}
    assert one("spf")[0] is True


def test_spf_is_looked_for_where_bounces_come_back(
    names: NameServer, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEBDO_RETURN_ADDRESS", "retour@bounces.hebdo.net")
    zone["bounces.hebdo.net"] = {"TXT": ['"v=spf1 a:out.relay.net -all"']}
    assert one("spf")[0] is True
    assert ("hebdo.net", "TXT") not in names.asked


def test_a_domain_that_is_not_there_is_told_as_such(names: NameServer, zone: Zone) -> None:
    del zone["hebdo.net"]
    ok, says, do = one("spf")
    assert (ok, says) == (False, "There is no domain hebdo.net in the DNS.")
    assert "misspelt" in do


def test_of_a_relay_on_this_machine_only_what_can_be_known_is_said(
    names: NameServer, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone["hebdo.net"] = {"TXT": ['"v=spf1 mx -all"']}
    zone["smtp.lan.net"] = {"A": ["10.0.0.5"]}
    for host in ("127.0.0.1", "localhost", "smtp.lan.net", "[::1]"):
        monkeypatch.setenv("HEBDO_SMTP_URL", f"smtp://{host}:25")
        spf, ptr, tls = asked("spf", "ptr", "tls")
        assert (spf["ok"], ptr["ok"], tls["ok"]) == (False, None, True)
    zone["hebdo.net"] = {"TXT": ['"v=spf1 ip4:185.99.0.1 -all"']}
    assert one("spf")[0] is None


@pytest.mark.parametrize("unfit", ["rédaction@autre.net", "lettre", "lettre@autre_net.net"])
def test_a_sender_that_no_mail_can_leave_from_is_a_finding_and_stops_no_other(
    names: NameServer, zone: Zone, unfit: str
) -> None:
    db.session.rollback()
    rows.newsletter("autre").sender_address = unfit
    db.session.commit()
    zone["hebdo.net"] = {"TXT": ['"v=spf1 a:out.relay.net -all"']}
    zone["_dmarc.hebdo.net"] = {"TXT": ['"v=DMARC1; p=none"']}
    found = asked("spf", "dmarc")
    assert [(each["check"], each["ok"]) for each in found] == [
        ("spf", False), ("spf", True), ("dmarc", False), ("dmarc", True),
    ]  # fmt: skip
    for each in (found[0], found[2]):
        assert f"Nothing can be sent from {unfit}, which " in each["says"]
        assert "at the desk" in each["do"]


# DKIM ----------------------------------------------------------------------------------------------

SELECTOR = "hebdo1._domainkey.hebdo.net"


@pytest.fixture
def signer(names: NameServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Signer:
    """A key that the installation signs with."""
    file = settings.state_dir / "dkim.pem"
    file.write_bytes(make_key(Algorithm.RSA))
    monkeypatch.setenv("HEBDO_DKIM_SELECTOR", "hebdo1")
    monkeypatch.setenv("HEBDO_DKIM_KEY_FILE", str(file))
    return Signer("hebdo1", read_key(file.read_bytes()))


def split(text: str, length: int) -> str:
    return " ".join(f'"{text[at : at + length]}"' for at in range(0, len(text), length))


@pytest.mark.parametrize("length", [255, 100, 7])
def test_our_key_is_found_in_however_many_strings_it_stands(
    signer: Signer, zone: Zone, length: int
) -> None:
    zone[SELECTOR] = {"TXT": [split(signer.record(), length)]}
    assert one("dkim") == (True, f"{SELECTOR} holds the key that signs.", "")


def test_what_the_doctor_proposes_is_what_it_then_finds(signer: Signer, zone: Zone) -> None:
    ok, says, do = one("dkim")
    assert (ok, says) == (False, f"{SELECTOR} is not published.")
    name, _, value = do.splitlines()[-1].partition(". IN TXT ")
    zone[name] = {"TXT": [value.strip("( )")]}
    assert one("dkim")[0] is True


def test_a_key_that_is_not_ours_and_one_that_was_revoked_are_told(
    signer: Signer, zone: Zone
) -> None:
    other = Signer("hebdo1", read_key(make_key(Algorithm.ED25519)))
    zone[SELECTOR] = {"TXT": [split(other.record(), 255)]}
    ok, says, do = one("dkim")
    assert (ok, says) == (False, f"{SELECTOR} holds another key.")
    assert signer.record()[:200] in do
    zone[SELECTOR] = {"TXT": ['"v=DKIM1; k=rsa; p="']}
    assert one("dkim")[:2] == (False, f"{SELECTOR} is revoked: its p= is empty.")


def test_where_hebdo_does_not_sign_nobody_can_tell_from_here(names: NameServer) -> None:
    ok, says, do = one("dkim")
    assert ok is None
    assert "whether the relay signs for hebdo.net is not known here" in says
    assert "hebdo dkim key" in do


# DMARC ---------------------------------------------------------------------------------------------

LEAST = '_dmarc.hebdo.net. IN TXT ( "v=DMARC1; p=none" )'


@pytest.mark.parametrize(
    ("published", "ok", "told"),
    [
        (["v=DMARC1; p=none"], True, "p=none"),
        (["v=DMARC1;p=Reject; rua=mailto:x@hebdo.net"], True, "p=reject"),
        (["v=DMARC1; rua=mailto:x@hebdo.net"], False, "has no p="),
        (["v=DMARC1; p=strict"], False, "has p=strict"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], False, "several DMARC records"),
        (["p=none; v=DMARC1"], False, "has no DMARC record"),
        (["v=spf1 -all"], False, "has no DMARC record"),
        ([], False, "has no DMARC record"),
    ],
)
def test_dmarc_needs_one_record_with_a_policy(
    names: NameServer, zone: Zone, published: list[str], ok: bool, told: str
) -> None:
    if published:
        zone["_dmarc.hebdo.net"] = {"TXT": [f'"{each}"' for each in published]}
    found, says, do = one("dmarc")
    assert (found, told in says) == (ok, True), says
    assert do == "" if ok else LEAST in do


def test_a_domain_is_under_the_policy_of_the_one_above_it(
    names: NameServer, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone["_dmarc.hebdo.net"] = {"TXT": ['"v=DMARC1; p=none; sp=reject"']}
    db.session.rollback()
    newsletter = rows.newsletter("autre")
    newsletter.sender_address = "lettre@lettres.hebdo.net"
    db.session.commit()
    below = asked("dmarc")[1]
    assert below["ok"] is True
    assert "lettres.hebdo.net asks receivers to apply p=reject" in below["says"]
    assert "as hebdo.net says" in below["says"]


# PTR and TLS ---------------------------------------------------------------------------------------


def test_each_address_of_the_relay_must_lead_to_a_name_and_back(
    names: NameServer, zone: Zone
) -> None:
    zone[HOST]["AAAA"] = [SIXTH]
    zone[FORTH] = {"PTR": ["out.relay.net."]}
    fourth, sixth = asked("ptr")
    assert (fourth["ok"], sixth["ok"]) == (True, False)
    assert f"{SIXTH} ({HOST}) has no name" in sixth["says"]
    assert f"{SIXTH_FORTH}. IN PTR {HOST}." in sixth["do"]
    zone[SIXTH_FORTH] = {"PTR": ["elsewhere.net."]}
    zone["elsewhere.net"] = {"AAAA": ["2a01::9"]}
    assert "elsewhere.net, which does not lead back" in asked("ptr")[1]["says"]


def test_a_relay_that_the_dns_does_not_know_is_told(names: NameServer, zone: Zone) -> None:
    del zone[HOST]
    ok, says, _do = one("ptr")
    assert (ok, says) == (False, f"The relay {HOST} has no address in the DNS.")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return certificates.self_signed(tmp_path)


def test_a_secured_line_tells_until_when_its_certificate_holds(
    names: NameServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = certificates.context(certificate)
    for implicit, word in ((False, "starttls"), (True, "implicit")):
        with StoryRelay(tls=tls, implicit_tls=implicit) as relay:
            monkeypatch.setenv("HEBDO_SMTP_URL", f"smtp://127.0.0.1:{relay.port}?tls={word}")
            ok, says, _do = one("tls")
        assert ok is True
        assert "TLSv1.3 to 127.0.0.1, whose certificate holds until 20" in says


def test_a_line_that_cannot_be_trusted_or_is_not_secured_is_told(
    names: NameServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StoryRelay(tls=certificates.context(certificate)) as relay:
        monkeypatch.setenv("HEBDO_SMTP_URL", f"smtp://127.0.0.1:{relay.port}?tls=starttls")
        ok, says, _do = one("tls")
        assert (ok, "is not to be trusted" in says) == (False, True), says
    with StoryRelay() as relay:
        monkeypatch.setenv("HEBDO_SMTP_URL", f"smtp://127.0.0.1:{relay.port}?tls=starttls")
        assert "does not offer STARTTLS" in one("tls")[1]
    assert one("tls")[0] is None
    monkeypatch.setenv("HEBDO_SMTP_URL", f"smtp://desk:secret@{HOST}")
    ok, says, do = one("tls")
    assert ok is False
    assert says == f"Mail and the relay's password go to {HOST} in the clear."
    assert "tls=starttls" in do
    assert "secret" not in says + do


# Nobody could tell ---------------------------------------------------------------------------------


def silent(server: NameServer) -> None:
    server.silent = {"hebdo.net", "_dmarc.hebdo.net", SELECTOR, FORTH}


def broken(server: NameServer) -> None:
    server.broken = {"hebdo.net", "_dmarc.hebdo.net", SELECTOR, FORTH}


@pytest.mark.parametrize(
    ("trouble", "why"), [(silent, "no answer within 0.3 s"), (broken, "(SERVFAIL)")]
)
def test_what_could_not_be_asked_is_no_fault_and_stops_nothing(
    names: NameServer, signer: Signer, trouble: Callable[[NameServer], None], why: str
) -> None:
    trouble(names)
    found = asked("spf", "dkim", "dmarc", "ptr")
    assert [each["ok"] for each in found] == [None] * 4
    assert all(why in each["says"] for each in found), found
    assert all(each["do"] for each in found)


def test_an_include_that_could_not_be_asked_leaves_spf_unknown(
    names: NameServer, zone: Zone
) -> None:
    zone["hebdo.net"] = {"TXT": ['"v=spf1 include:spf.relay.net ~all"']}
    names.silent = {"spf.relay.net"}
    ok, says, _do = one("spf")
    assert (ok, "could not be looked up" in says) == (None, True)


def test_one_domain_in_trouble_keeps_no_other_from_being_looked_at(
    names: NameServer, zone: Zone
) -> None:
    db.session.rollback()
    newsletter = rows.newsletter("autre")
    newsletter.sender_address = "lettre@autre.net"
    db.session.commit()
    names.silent = {"_dmarc.autre.net"}
    zone["_dmarc.hebdo.net"] = {"TXT": ['"v=DMARC1; p=none"']}
    assert [each["ok"] for each in asked("dmarc")] == [None, True]


def test_a_dns_that_nobody_answers_costs_a_limited_time(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.session.rollback()
    for n in range(40):
        rows.newsletter(f"lettre-{n}").sender_address = f"lettre@hebdo-{n}.net"
    db.session.commit()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HEBDO_DNS", f"127.0.0.1:{deaf.getsockname()[1]}")
        began = time.monotonic()
        found = asked("spf", "dmarc")
    # 82 questions of 0.3 s would take 25; room for a busy machine beside the 3 that are meant.
    assert time.monotonic() - began < 15
    assert [each["ok"] for each in found] == [None] * 82
    assert "too slow" in found[-1]["says"]


def test_off_asks_nobody_and_says_so(names: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEBDO_DNS", "off")
    found = asked("spf", "dmarc", "ptr")
    assert [each["ok"] for each in found] == [None] * 3
    assert all("HEBDO_DNS is off" in each["says"] for each in found)
    assert all("Leave HEBDO_DNS out" in each["do"] for each in found)
    assert names.asked == []


def test_of_domains_that_lead_nowhere_nothing_is_asked(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.session.rollback()
    monkeypatch.setenv("HEBDO_MAIL_FROM", "bureau@hebdo.invalid")
    monkeypatch.setenv("HEBDO_SMTP_URL", "smtp://127.0.0.1:25")
    newsletter = db.session.query(rows.Newsletter).one()
    newsletter.sender_address = "lettre@hebdo.test"
    db.session.commit()
    assert [each["ok"] for each in asked("spf", "dkim", "dmarc")] == [True] * 3
    assert names.asked == []


def test_people_read_a_line_for_each_check_and_what_to_do_below(names: NameServer) -> None:
    result = CliRunner().invoke(cli, ["doctor", "--only", "dmarc"], prog_name="hebdo")
    first, *rest = result.stdout.splitlines()
    assert first == "NO  dmarc: hebdo.net has no DMARC record."
    assert f"     {LEAST}" in rest


def test_what_others_publish_cannot_write_on_the_terminal(names: NameServer, zone: Zone) -> None:
    zone["hebdo.net"] = {"TXT": ['"v=spf1 \\027[31mred -all"']}
    assert "\x1b" not in "".join(one("spf")[1:])
