"""The local mail catcher: nothing is lost over a restart, nothing in a mail can do anything to us."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from time_machine import travel

from app.catcher import mail, postbox
from app.catcher.inbox import Inbox
from tests import pages
from tests.catcher.conftest import Service, message
from tests.ports import free_port


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    """Where the catcher's SMTP server listens."""
    port = free_port()
    server = postbox.controller(inbox, port)
    server.start()
    yield port
    server.stop()


@pytest.mark.parametrize(
    "body",
    ["", ".", "..", "\r\n.\r\n..deux\r\n", "Fini.\r\n.\r\nNon, pas encore.", "é" * 70_000],
)
def test_what_came_over_smtp_is_kept_byte_for_byte(inbox: Inbox, port: int, body: str) -> None:
    data = message(html=body)
    with smtplib.SMTP("127.0.0.1", port) as line:
        line.sendmail("retour@hebdo.invalid", ["anna@lecteurs.invalid"], data)
        line.sendmail("retour@hebdo.invalid", ["bruno@lecteurs.invalid"], b"")
    bruno, anna = inbox.search()
    assert inbox.find(anna.id) == (anna, data)
    assert (anna.mail_from, anna.rcpt_to) == ("retour@hebdo.invalid", ("anna@lecteurs.invalid",))
    assert inbox.find(bruno.id) == (bruno, b"\r\n")


def test_a_whole_transaction_may_come_in_one_piece(inbox: Inbox, port: int) -> None:
    """As a sender that pipelines writes it (RFC 2920), the next one right behind the dot."""
    with smtplib.SMTP("127.0.0.1", port) as line:
        line.ehlo()
        one = b"MAIL FROM:<a@x.invalid>\r\nRCPT TO:<b@x.invalid>\r\nDATA\r\n"
        line.send(one + b"Subject: 1\r\n\r\nx\r\n.\r\n" + one + b".\r\n")
        codes = [line.getreply()[0] for _ in range(8)]
    assert codes == [250, 250, 354, 250] * 2
    assert [(each.subject, each.size) for each in inbox.search()] == [("", 0), ("1", 17)]


def test_data_without_anybody_to_go_to_is_refused(inbox: Inbox, port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as line:
        line.ehlo()
        assert line.docmd("DATA")[0] == 503
    assert inbox.search() == []


def test_a_restart_keeps_every_mail_and_numbers_on(tmp_path: Path) -> None:
    first = Inbox(tmp_path)
    kept = first.keep("a@x.invalid", ["b@x.invalid"], message("=?utf-8?q?=C3=80_la_une?="))
    first.close()
    second = Inbox(tmp_path)
    assert second.search() == [kept]
    assert kept.subject == "À la une"
    assert second.keep("a@x.invalid", ["b@x.invalid"], message()).id == kept.id + 1
    second.close()


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85"])
def test_a_restart_keeps_a_mail_whose_subject_holds_a_line_end_that_is_none(
    tmp_path: Path, end: str
) -> None:
    first = Inbox(tmp_path)
    encoded = "".join(f"={each:02X}" for each in f"1{end}2".encode())
    kept = first.keep("a@x.invalid", ["b@x.invalid"], message(f"=?utf-8?q?{encoded}?="))
    first.close()
    with (tmp_path / "index.jsonl").open("a", encoding="utf-8") as index:
        index.write("7\n")
    second = Inbox(tmp_path)
    assert second.search() == [kept]
    second.close()


def test_an_index_that_was_cut_off_in_the_middle_loses_only_its_last_line(tmp_path: Path) -> None:
    first = Inbox(tmp_path)
    kept = first.keep("a@x.invalid", ["b@x.invalid"], message())
    first.keep("a@x.invalid", ["c@x.invalid"], message())
    first.close()
    index = tmp_path / "index.jsonl"
    index.write_bytes(index.read_bytes()[:-30])
    second = Inbox(tmp_path)
    assert second.search() == [kept]
    second.close()


def test_the_oldest_mails_go_when_there_are_too_many(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, limit=3)
    for number in range(5):
        inbox.keep("a@x.invalid", ["b@x.invalid"], message(f"Nº {number}"))
    assert [each.id for each in inbox.search()] == [5, 4, 3]
    assert len(list(tmp_path.glob("*.eml"))) == 3
    assert inbox.let_go() == 2
    inbox.close()
    again = Inbox(tmp_path, limit=3)
    assert again.let_go() == 2
    again.close()


def test_the_page_says_how_many_are_gone_and_why(inbox: Inbox, page: FlaskClient) -> None:
    inbox.limit = 2
    for _ in range(2):
        inbox.keep("a@x.invalid", ["b@x.invalid"], message())
    assert "gone" not in page.get("/").text
    inbox.keep("a@x.invalid", ["b@x.invalid"], message())
    assert "1 older one is gone: the newest 2 are kept." in page.get("/").text
    inbox.keep("a@x.invalid", ["b@x.invalid"], message())
    assert "2 older ones are gone: the newest 2 are kept." in page.get("/").text


def test_the_list_is_newest_first_and_can_be_searched(inbox: Inbox, page: FlaskClient) -> None:
    assert "Nothing has come yet" in page.get("/").text
    inbox.keep("a@x.invalid", ["anna@lecteurs.invalid"], message("Premier numéro"))
    inbox.keep("a@x.invalid", ["bruno@lecteurs.invalid"], message("Deuxième numéro"))
    html = page.get("/").text
    assert html.index("Deuxième") < html.index("Premier")
    found = page.get("/messages.json?q=ANNA+premier").get_json()
    assert [each["rcpt_to"] for each in found["messages"]] == [["anna@lecteurs.invalid"]]
    assert "No mail mentions “nobody”" in page.get("/?q=nobody").text


@pytest.fixture
def in_alaska() -> Iterator[None]:
    """This machine's own clock."""
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("TZ", "America/Nome")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_alaska")
@pytest.mark.parametrize(
    ("language", "words"), [("en", "31 Dec 2026, 23:30"), ("fr", "31 déc. 2026, 23:30")]
)
def test_a_mail_came_when_the_desks_clock_says_whatever_the_machines(
    inbox: Inbox, page: FlaskClient, language: str, words: str
) -> None:
    with travel("2026-12-31T22:30:00+00:00", tick=False):
        inbox.keep("a@x.invalid", ["b@x.invalid"], message())
        for path in ("/", "/messages/1"):
            assert words.replace(" 2026", "") in pages.words(
                page.get(f"{path}?lang={language}").text
            )
    # In Paris another year has begun, and is the one that goes without saying.
    with travel("2026-12-31T23:30:00+00:00", tick=False):
        assert words in pages.words(page.get(f"/?lang={language}").text)


def test_a_long_list_has_pages(inbox: Inbox, page: FlaskClient) -> None:
    for number in range(60):
        inbox.keep("a@x.invalid", ["b@x.invalid"], message(f"Numéro {number:03d}"))
    assert page.get("/").text.count("catcher-row") == 50
    assert "Numéro 000" in page.get("/?page=2").text
    assert "Numéro 000" in page.get("/?page=99").text


def test_one_mail_shows_its_parts(inbox: Inbox, page: FlaskClient) -> None:
    inbox.keep("a@x.invalid", ["b@x.invalid"], message(headers="X-Odd: <script>x</script>\r\n"))
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.get("/messages/1").text
    assert "En texte." in page.get("/messages/1?view=text").text
    assert "&lt;script&gt;" in page.get("/messages/1?view=headers").text
    raw = page.get("/messages/1/raw")
    assert raw.mimetype == "message/rfc822"
    assert raw.data.startswith(b"From: La lettre")
    assert page.get("/messages/2").status_code == 404


def test_nothing_runs_in_the_frame_and_its_links_open_beside_it(
    inbox: Inbox, page: FlaskClient, service: Service
) -> None:
    inbox.keep("a@x.invalid", ["b@x.invalid"], message())
    answer = page.get("/messages/1/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'; img-src data: " + service.base_url)
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert '<head lang="fr"><base target="_blank">' in answer.text
    assert mail.for_frame("<p>x").startswith('<base target="_blank">')


UNSUBSCRIBE = "List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def test_the_button_posts_what_a_mail_program_posts(
    inbox: Inbox, page: FlaskClient, service: Service
) -> None:
    url = f"{service.base_url}/unsubscribe/1-abc"
    inbox.keep("a@x.invalid", ["b@x.invalid"], message(headers=UNSUBSCRIBE.format(url=url)))
    assert "answered 200" in page.post("/messages/1/unsubscribe").text
    ((path, headers, body),) = service.posts
    assert (path, body) == ("/unsubscribe/1-abc", b"List-Unsubscribe=One-Click")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Cookie" not in headers


@pytest.mark.parametrize(
    "url",
    [
        "http://198.51.100.7/unsubscribe/x",
        "http://127.0.0.1:1/unsubscribe/x",
        "https://127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}@198.51.100.7/x",
    ],
)
def test_the_button_calls_nobody_but_our_own_service(
    inbox: Inbox, page: FlaskClient, service: Service, url: str
) -> None:
    given = url.replace("{port}", service.base_url.rpartition(":")[2])
    inbox.keep("a@x.invalid", ["b@x.invalid"], message(headers=UNSUBSCRIBE.format(url=given)))
    assert "outside this service" in page.post("/messages/1/unsubscribe").text
    assert service.posts == []


def test_another_site_can_neither_press_the_button_nor_read_the_inbox(
    inbox: Inbox, page: FlaskClient, service: Service
) -> None:
    url = f"{service.base_url}/unsubscribe/1-abc"
    inbox.keep("a@x.invalid", ["b@x.invalid"], message(headers=UNSUBSCRIBE.format(url=url)))
    pressed = page.post("/messages/1/unsubscribe", headers={"Sec-Fetch-Site": "cross-site"})
    assert pressed.status_code == 403
    assert service.posts == []
    assert page.get("/messages.json", headers={"Host": "evil.example"}).status_code == 400


def test_a_mail_without_one_click_offers_no_button(inbox: Inbox, page: FlaskClient) -> None:
    inbox.keep("a@x.invalid", ["b@x.invalid"], message())
    assert "/unsubscribe" not in page.get("/messages/1").text
    assert page.post("/messages/1/unsubscribe").status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"no header at all",
        b"Subject: =?utf-8?b?////?=\r\n\r\nx",
        b"Subject: \xe9\xff\r\nContent-Type: multipart/mixed\r\n\r\nx",
        b"Content-Type: text/html; charset=nope\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n!",
    ],
)
def test_an_odd_mail_is_shown_and_breaks_nothing(
    inbox: Inbox, page: FlaskClient, data: bytes
) -> None:
    inbox.keep("", ["b@x.invalid"], data)
    for path in (
        "/",
        "/messages/1",
        "/messages/1?view=text",
        "/messages/1/html",
        "/messages/1/raw",
    ):
        assert page.get(path).status_code == 200, path
