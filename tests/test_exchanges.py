"""Whether a domain takes mail, asked of a real DNS server: only a plain no refuses anybody."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.exchanges import MOST_KNOWN, PATIENCE, Exchanges
from tests.conftest import make_settings
from tests.names import NameServer

ZONE = {
    "with-mx.net": {"MX": ["20 backup.with-mx.net.", "10 mx.with-mx.net."]},
    "with-a.net": {"A": ["192.0.2.7"]},
    "with-aaaa.net": {"AAAA": ["2001:db8::7"]},
    "null-mx.net": {"MX": ["0 ."], "A": ["192.0.2.7"]},
    "bare.net": {"TXT": ['"v=spf1 -all"']},
    "xn--caf-dma.net": {"MX": ["10 mx.with-mx.net."]},
}


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer(ZONE, silent={"silent.net"}, broken={"broken.net"}) as server:
        yield server


def asking(tmp_path: Path, server: str) -> Exchanges:
    made = Exchanges()
    made.init_app(make_settings("sqlite://", tmp_path, dns=server))
    return made


@pytest.mark.parametrize(
    ("domain", "takes"),
    [
        ("with-mx.net", True),
        ("with-a.net", True),
        ("with-aaaa.net", True),
        ("xn--caf-dma.net", True),
        ("null-mx.net", False),
        ("bare.net", False),
        ("nowhere.net", False),
        ("broken.net", True),
        ("silent.net", True),
    ],
)
def test_a_domain_takes_mail_unless_the_dns_plainly_says_no(
    tmp_path: Path, names: NameServer, domain: str, takes: bool
) -> None:
    assert asking(tmp_path, names.address).takes_mail(domain) is takes
    assert names.asked[0] == (domain, "MX")


def test_a_null_mx_is_a_no_whatever_else_the_domain_has(tmp_path: Path, names: NameServer) -> None:
    assert not asking(tmp_path, names.address).takes_mail("null-mx.net")
    assert names.asked == [("null-mx.net", "MX")]


def test_a_silent_dns_costs_one_visitor_a_second_and_the_next_ones_nothing(
    tmp_path: Path, names: NameServer
) -> None:
    exchanges = asking(tmp_path, names.address)
    began = time.monotonic()
    assert exchanges.takes_mail("silent.net")
    # Room for a busy machine: what is meant is that it does not wait for the library's own limits.
    assert time.monotonic() - began < PATIENCE + 2
    asked = len(names.asked)
    assert exchanges.takes_mail("nowhere.net")
    assert exchanges.takes_mail("silent.net")
    assert len(names.asked) == asked


def test_a_dns_where_nobody_listens_punishes_nobody(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
    assert asking(tmp_path, f"127.0.0.1:{port}").takes_mail("nowhere.net")


@pytest.mark.parametrize("domain", ["with-mx.net", "nowhere.net"])
def test_what_was_answered_is_not_asked_again(
    tmp_path: Path, names: NameServer, domain: str
) -> None:
    exchanges = asking(tmp_path, names.address)
    first = exchanges.takes_mail(domain)
    asked = len(names.asked)
    assert exchanges.takes_mail(domain) is first
    assert len(names.asked) == asked


def test_only_so_many_domains_are_remembered(tmp_path: Path, names: NameServer) -> None:
    exchanges = asking(tmp_path, names.address)
    for n in range(MOST_KNOWN + 5):
        exchanges._remember(f"domain-{n}.net", True)
    assert len(exchanges._known) == MOST_KNOWN


@pytest.mark.parametrize("domain", ["readers.invalid", "hebdo.test", "hebdo.example"])
def test_nothing_is_asked_about_names_that_are_reserved(
    tmp_path: Path, names: NameServer, domain: str
) -> None:
    assert asking(tmp_path, names.address).takes_mail(domain)
    assert names.asked == []


def test_off_asks_nobody(tmp_path: Path) -> None:
    assert asking(tmp_path, "off").takes_mail("nowhere.net")
