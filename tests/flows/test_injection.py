"""Five hundred injections by those who read: as comment, name, answer and search word they stay text.

Many stand on one page or in one mail, so that each page is read once.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from app.core import questions, searches, spreadsheets, subscribers
from app.core.questions import QuestionPlan
from app.extensions import db
from app.models import Comment, CommentState, Detail, QuestionKind, Role, Subscriber, Subscription
from emails import compose, notices, render, typed
from emails.errors import UnfitValue
from emails.headers import Sender
from emails.notices import Quote
from emails.values import Addressee
from tests import desk, pages, people, rows, talks
from tests.emails import samples
from tests.hostile import FIVE_HUNDRED, odd_urls, structure
from tests.reader.conftest import Visitor

SENT_AT = dt.datetime(2026, 11, 24, 6, 30, tzinfo=dt.UTC)

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

HARMLESS = "Un mot.\nUn lien : https://hebdo.test/x\n\nUn autre."


def plain(text: str) -> str:
    """A text as a page shows it, blanks aside."""
    return pages.joined(typed.paragraphs(text))


def assert_text(page: str, like: str) -> None:
    """The page has no element and no attribute that its harmless twin lacks, and leads nowhere odd."""
    assert structure(page) <= structure(like), structure(page) - structure(like)
    assert odd_urls(page) <= odd_urls(like)


@ON_SQLITE
def test_comments_and_their_names_are_text_on_the_issues_page_and_at_the_desk(
    flask_app: Flask,
) -> None:
    flask_app.test_client_class = Visitor
    talks.said(talks.issue(people.newsletter()), HARMLESS, "Nina")
    client = flask_app.test_client()
    admin = desk.signed_in(flask_app, Role.ADMIN)
    listing = "/editor/comments?state=shown"
    page_before, desk_before = client.get(talks.PAGE).text, admin.get(listing).text
    fields = pages.hidden(page_before)
    for payload in FIVE_HUNDRED:
        said = {"name": payload[:80], "address": "nina@hebdo.test", "text": payload}
        answer = client.post(f"{talks.PAGE}/react", data={**fields, **said})
        assert answer.status_code in {303, 422}, payload
        if answer.status_code == 422:
            # Said again as words without a name of such a kind, which one line cannot hold.
            client.post(f"{talks.PAGE}/react", data={**fields, **said, "name": "Nina"})
    db.session.execute(update(Comment).values(state=CommentState.SHOWN))
    db.session.commit()
    kept = [each.text for each in talks.kept()]
    assert len(kept) > 500
    page = client.get(talks.PAGE).text
    assert_text(page, page_before)
    shown = pages.words(page)
    assert all(plain(text) in shown for text in kept)
    told = page.partition('type="application/ld+json"')[2].partition(">")[2]
    assert json.loads(told.partition("</script>")[0])
    below = ""
    for _page in range(3):
        answer = admin.get(listing + below)
        assert_text(answer.text, desk_before + page_before)
        below = f"&below={len(kept) // 2}"


@ON_SQLITE
def test_mails_about_comments_hold_them_as_text(flask_app: Flask) -> None:
    letter = samples.MASTHEAD
    url = "https://hebdo.test/x"

    def mails(quotes: list[Quote]) -> list[compose.Reading]:
        written = [
            notices.comments_wait(letter, len(quotes), quotes, url),
            notices.comment_answered(letter, "Sujet", quotes[0], url, url, url),
        ]
        sender = Sender(letter.sender_name, letter.sender_address)
        made = [compose.compile_notice(w, sender, samples.LEA, SENT_AT) for w in written]
        return [compose.read(each.data) for each in made]

    whole = "\n\n".join(FIVE_HUNDRED)
    payloads = [Quote("Nina", whole), *(Quote(text, text) for text in FIVE_HUNDRED)]
    made = mails(payloads)
    for hostile, harmless in zip(made, mails([Quote("Nina", HARMLESS)]), strict=True):
        assert_text(hostile.html, harmless.html)
        assert [name for name, _value in hostile.headers] == [n for n, _v in harmless.headers]
    words = pages.words(made[0].html)
    assert all(plain(text)[:60] in words for text in FIVE_HUNDRED)


@ON_SQLITE
def test_names_and_answers_are_text_in_issues_welcomes_and_files(flask_app: Flask) -> None:
    letter = people.newsletter()
    questions.add(letter, QuestionPlan("ville", QuestionKind.TEXT, "Votre ville"))
    ids = rows.readers(letter, len(FIVE_HUNDRED))
    given = dict(zip(ids, FIVE_HUNDRED, strict=True))
    changes = [{"id": one, "first_name": typed.line(text)[:100]} for one, text in given.items()]
    db.session.execute(update(Subscriber), changes)
    standing = db.session.execute(select(Subscription.id, Subscription.subscriber_id)).all()
    asked = letter.questions[0].id
    answers = [
        {"subscription_id": number, "question_id": asked, "value": typed.line(given[who])[:200]}
        for number, who in standing
    ]
    db.session.execute(insert(Detail), answers)
    db.session.commit()
    exported = spreadsheets.text(subscribers.columns(letter), subscribers.export(letter))
    for separator in (",", ";", "\t"):
        for row in csv.reader(io.StringIO(exported), delimiter=separator):
            assert not [cell for cell in row if cell.strip()[:1] in {"=", "+", "-", "@"}], row


def test_names_are_text_in_every_copy_of_an_issue() -> None:
    issue = dataclasses.replace(samples.ISSUE, rubrics=samples.ISSUE.rubrics[1:2])
    printed = render.print_issue(issue)
    skeleton = compose.compile_issue(printed, issue.masthead, SENT_AT)
    like = compose.read(skeleton.fill(samples.LEA).data)
    refused = 0
    for text in FIVE_HUNDRED:
        addressee = Addressee(
            address="lea@hebdo.test",
            first_name=text[:100],
            token="t0k3n",
            message_id="m@hebdo.test",
            return_path="lettre@hebdo.test",
        )
        try:
            copy = compose.read(skeleton.fill(addressee).data)
        except UnfitValue:
            refused += 1
            continue
        assert_text(copy.html, like.html)
        assert [name for name, _value in copy.headers] == [name for name, _value in like.headers]
    # Only line ends and controls are refused: no form takes them either.
    assert refused <= len([text for text in FIVE_HUNDRED if not text.isprintable()])


def test_words_searched_for_are_words(flask_app: Flask) -> None:
    flask_app.test_client_class = Visitor
    people.edition(people.newsletter())
    client = flask_app.test_client()
    # With words, with none, and with some that are found nowhere.
    like = "".join(client.get(f"/search?q={q}").text for q in ("lac", "%3F", "introuvable"))
    some = FIVE_HUNDRED if db.engine.dialect.name == "sqlite" else FIVE_HUNDRED[::5]
    for payload in some:
        answer = client.get("/search", query_string={"q": payload})
        if "\0" in payload:
            # No address can hold it, and none that a browser makes does.
            assert answer.status_code == 400
            continue
        assert answer.status_code == 200, payload
        assert_text(answer.text, like)
        field = pages.element(answer.text, "input", name="q")
        assert field["value"].split() == payload[: searches.LONGEST].split(), payload
