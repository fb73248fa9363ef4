"""Five hundred injections as answers to a newsletter's own questions: text wherever an answer goes.

A newsletter asks twenty questions at the most, so thirty readers bring them all, twenty each.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import unicodedata
from collections.abc import Mapping

import pytest
from bs4 import BeautifulSoup
from flask import Flask, url_for
from sqlalchemy import select

from app.core import answers, editions, questions, spreadsheets, subscribers, subscriptions
from app.core.departures import LONGEST_NOTE
from app.core.questions import QuestionPlan
from app.core.subscriptions import Wish
from app.extensions import db, links
from app.forms import has_controls
from app.models import (
    EndReason,
    Newsletter,
    QuestionKind,
    Role,
    Subscriber,
    Subscription,
)
from emails import render, typed
from emails.values import RubricKind, RubricText, StoryText
from tests import desk, pages, papers, people, rows, sends, talks
from tests.conftest import use_relay
from tests.emails.readers import READERS, Letter
from tests.emails.test_injection import shape
from tests.flows.test_injection import ON_SQLITE, assert_text
from tests.hostile import FIVE_HUNDRED
from tests.reader import mine
from tests.reader.conftest import Visitor
from tests.relay import StoryRelay

PAGE = "/newsletters/essentiel-ia"

ASKED = tuple(f"q{n}" for n in range(questions.MOST))

Given = Mapping[str, str]
"""What one reader answers, by the question's name."""

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_refused(text: str) -> bool:
    """What an answer may not hold: a control, the end of a line, a mark that turns its line around."""
    return any(
        unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(char) in TURNING
        for char in typed.bare(text)
    )


LOTS: tuple[Given, ...] = tuple(
    dict(zip(ASKED, FIVE_HUNDRED[start : start + len(ASKED)], strict=False))
    for start in range(0, len(FIVE_HUNDRED), len(ASKED))
)
KEPT: tuple[Given, ...] = tuple(
    {name: typed.bare(text) for name, text in lot.items() if not is_refused(text)} for lot in LOTS
)
HARMLESS: Given = {name: f"mot {name}" for name in ASKED}


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    flask_app.test_client_class = Visitor
    made = people.newsletter()
    for name in ASKED:
        questions.add(made, QuestionPlan(name, QuestionKind.TEXT, f"Question {name}"))
    db.session.commit()
    return made


def reader(letter: Newsletter, number: int, given: Given) -> Subscription:
    """Confirmed, with these answers; committed."""
    wish = Wish(letter, answers=answers.read_all(letter.questions, given))
    made = subscriptions.sign_up_for([wish], address(number)).subscription
    assert made is not None
    subscriptions.confirm(made.id)
    db.session.commit()
    return made


def address(number: int) -> str:
    return f"reader-{number}@hebdo.test"


def held() -> dict[str, Given]:
    """Every answer that is kept, by its reader's address and its question's name."""
    db.session.rollback()
    found = {}
    for who in db.session.scalars(select(Subscriber)):
        (standing,) = who.subscriptions
        found[who.address] = answers.of(standing.newsletter_id, [standing.id]).get(standing.id, {})
    return found


def test_an_answer_is_kept_as_it_was_typed_or_refused_beside_its_field(
    flask_app: Flask, letter: Newsletter
) -> None:
    client = flask_app.test_client()
    hidden = {**pages.hidden(client.get(PAGE).text), "consent": "y"}

    def send(number: int, given: Given) -> tuple[int, str]:
        fields = {f"answer-{name}": text for name, text in given.items()}
        answer = client.post("/subscribe", data={**hidden, **fields, "address": address(number)})
        return answer.status_code, answer.text

    _, like = send(0, {"q0": "mot\x07mot"})
    assert sum(map(len, KEPT)) > 480
    for number, (lot, kept) in enumerate(zip(LOTS, KEPT, strict=True)):
        status, page = send(number, lot)
        refused = [f"answer-{name}" for name in lot if name not in kept]
        assert status == (422 if refused else 303), lot
        if not refused:
            continue
        assert papers.faulty(page) == refused
        assert_text(page, like)
        standing = papers.written(page)
        for name, text in kept.items():
            assert standing[f"answer-{name}"] == [text]
        assert send(number, kept)[0] == 303
    assert held() == {address(number): kept for number, kept in enumerate(KEPT)}


def test_by_json_the_same_are_kept_and_the_same_refused_by_their_names(
    flask_app: Flask, letter: Newsletter
) -> None:
    client = flask_app.test_client()
    for number, (lot, kept) in enumerate(zip(LOTS, KEPT, strict=True)):
        body = {"newsletters": [letter.slug], "address": address(number), "consent": True}
        answer = client.post("/api/subscriptions", json={**body, "answers": lot})
        refused = [f"answers.{name}" for name in lot if name not in kept]
        assert answer.status_code == (422 if refused else 202), lot
        if refused:
            assert set(answer.json["errors"]) == set(refused)
            again = client.post("/api/subscriptions", json={**body, "answers": kept})
            assert again.status_code == 202
    assert held() == {address(number): kept for number, kept in enumerate(KEPT)}


# Mail ------------------------------------------------------------------------------------------------


def row(given: Given | None = None) -> str:
    """All slots on one line, or what stands there once they are filled."""
    filled = given or {}
    return " / ".join(
        f"{{{{{name}|–}}}}" if given is None else filled.get(name, "–") for name in ASKED
    )


def edition(letter: Newsletter) -> int:
    """Ordered, with every slot wherever an editor may put one."""
    whole = rows.text(letter)
    items = "\n".join(f"- {{{{{name}|–}}}}" for name in ASKED)
    linked = "\n\n".join(f"**[{{{{{name}|–}}}}](https://hebdo.test/{name})**" for name in ASKED)
    link = "https://hebdo.test/more"
    story = StoryText(row(), f"{items}\n\n{linked}", link, link_label=row())
    rubrics = (
        RubricText(RubricKind.LEAD, "À la Une", "une", (story,)),
        RubricText(RubricKind.LINKS, "Et aussi", "aussi", (StoryText("", "", link, row()),)),
    )
    whole = dataclasses.replace(
        whole, subject=row(), preheader=row(), rubrics=rubrics, own_slots=ASKED
    )
    made = editions.order(rows.issue(letter), whole, render.print_issue(whole).digest)
    assert made is not None
    db.session.commit()
    return made.id


def assert_said(letter: Letter, given: Given) -> None:
    """Each place says what she answered, as she typed it, and nothing more."""
    said = [given.get(name, "–") for name in ASKED]
    line = row(given)
    assert letter.header("Subject") == line
    text = letter.parts["plain"]
    assert [each for each in text.split("\n") if each.startswith("- ")][: len(ASKED)] == [
        f"- {each}" for each in said
    ]
    assert pages.joined(text).count(pages.joined(line)) == 3
    if "html" not in letter.parts:
        return
    page = BeautifulSoup(letter.parts["html"], "html.parser")
    assert page.body is not None
    preview = page.body.find("div")
    assert preview is not None
    # Behind it stands what keeps the inbox from showing the mail's first words.
    assert preview.get_text().partition("\u034f")[0].strip() == line
    assert page.title is not None
    assert page.title.get_text().strip() == row({})
    assert [each.get_text() for each in page.find_all("h3")] == [line]
    first, _other = page.find_all("ul")
    assert [each.get_text() for each in first.find_all("li")] == said
    for name, each in zip(ASKED, said, strict=True):
        assert [a.get_text() for a in page.find_all("a", href=f"https://hebdo.test/{name}")] == [
            each
        ]
    labels = [a.get_text() for a in page.find_all("a", href="https://hebdo.test/more")]
    assert labels == [line] * 3


HERS = {"Subject", "To", "Message-ID", "List-Unsubscribe"}
"""Headers that differ from copy to copy."""


@ON_SQLITE
@pytest.mark.parametrize("text_only", [False, True], ids=["whole", "as text"])
def test_in_each_place_of_a_mail_an_answer_is_read_back_as_it_was_typed(
    flask_app: Flask, letter: Newsletter, text_only: bool
) -> None:
    given = {address(number): kept for number, kept in enumerate((HARMLESS, {}, *KEPT))}
    for number, kept in enumerate(given.values()):
        reader(letter, number, kept).text_only = text_only
    edition_id = edition(letter)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        sends.send(edition_id)
    copies = {each.rcpt_to: each.data for each in relay.received}
    assert copies.keys() == given.keys()
    for read in READERS:
        like = read(copies[address(0)])
        for who, kept in given.items():
            letter_read = read(copies[who])
            assert_said(letter_read, kept)
            assert [name for name, _ in letter_read.headers] == [name for name, _ in like.headers]
            ours = [each for each in letter_read.headers if each[0] not in HERS]
            assert ours == [each for each in like.headers if each[0] not in HERS]
            assert letter_read.parts.keys() == like.parts.keys()
            if not text_only:
                assert shape(letter_read.parts["html"]) == shape(like.parts["html"])


# Pages -----------------------------------------------------------------------------------------------


@ON_SQLITE
def test_on_her_own_page_an_answer_stands_in_its_field_and_can_be_sent_again(
    flask_app: Flask, letter: Newsletter
) -> None:
    """Who has left is asked anew, with what she answered then."""
    client = flask_app.test_client()
    prefix = "essentiel-ia-answer-"
    like = ""
    for number, kept in enumerate((HARMLESS, *KEPT)):
        hers = reader(letter, number, kept)
        subscriptions.end(hers.id, EndReason.UNSUBSCRIBED)
        db.session.commit()
        # By the link of an issue, which may have been handed on, none of her answers is shown.
        for path, shown in ((mine.lasting(hers), {}), (mine.fresh(hers.subscriber), kept)):
            page = client.get(path).text
            like = like if number else like + page
            assert_text(page, like)
            standing = papers.written(page)
            assert {name: standing[prefix + name] for name in ASKED} == {
                name: [shown.get(name, "")] for name in ASKED
            }
        join = f"{path}/newsletters/essentiel-ia/join"
        if number and (refused := LOTS[number - 1].keys() - kept.keys()):
            lot = {prefix + name: text for name, text in LOTS[number - 1].items()}
            answer = client.post(join, data=lot)
            assert answer.status_code == 422
            assert set(papers.faulty(answer.text)) == {prefix + name for name in refused}
            faulty = client.post(join, data={prefix + "q0": "mot\x07mot"}).text
            assert_text(answer.text, faulty)
        again = {prefix + name: text for name, text in kept.items()}
        assert client.post(join, data=again).status_code == 303
    assert held() == {address(number): kept for number, kept in enumerate((HARMLESS, *KEPT))}


@ON_SQLITE
def test_no_page_of_the_desk_changes_by_what_readers_answer(
    flask_app: Flask, letter: Newsletter
) -> None:
    """None shows an answer now; one that will must show it as text."""
    out = talks.issue(letter)
    draft = rows.issue(letter, 13)
    draft.subject = row()
    draft_id, out_id, comment = draft.id, out.id, talks.said(out).id
    numbers = {"slug": letter.slug, "comment_id": comment, "question_id": letter.questions[0].id}
    numbers["rubric_id"] = rows.rubric(letter, "fin", "Le mot de la fin").id
    for number in range(len(KEPT)):
        reader(letter, number, HARMLESS)
    admin = desk.signed_in(flask_app, Role.ADMIN)
    paths = []
    with flask_app.test_request_context():
        for rule in flask_app.url_map.iter_rules():
            if rule.endpoint.startswith("editor.") and "GET" in (rule.methods or ()):
                for issue_id in (out_id, draft_id) if "issue_id" in rule.arguments else (out_id,):
                    known = {**numbers, "issue_id": issue_id}
                    if rule.arguments <= known.keys():
                        given = {name: known[name] for name in rule.arguments}
                        paths.append(url_for(rule.endpoint, **given))
    before = {path: admin.get(path) for path in paths}
    assert len([each for each in before.values() if each.status_code == 200]) > 20
    ids = {each.name: each.id for each in letter.questions}
    for number, kept in enumerate(KEPT):
        (standing,) = subscribers.find(address(number)).subscriptions  # type: ignore[union-attr]
        answers.keep(standing, {ids[name]: text for name, text in kept.items()})
    db.session.commit()
    for path, like in before.items():
        answer = admin.get(path)
        assert answer.status_code == like.status_code, path
        if answer.mimetype == "text/html":
            assert_text(answer.text, like.text)


@ON_SQLITE
def test_why_they_left_is_text_at_the_desk(flask_app: Flask, letter: Newsletter) -> None:
    client = flask_app.test_client()
    admin = desk.signed_in(flask_app, Role.ADMIN)
    listing = "/editor/newsletters/essentiel-ia/departures"

    def leave(number: int, note: str) -> int:
        hers = reader(letter, number, {})
        subscriptions.end(hers.id, EndReason.UNSUBSCRIBED)
        db.session.commit()
        way_out = links().unsubscribe(links().subscription_token(hers.id))
        path = way_out.removeprefix(links().url(""))
        return client.post(f"{path}/why", data={"note": note}).status_code

    assert leave(0, "Un mot.\nUn autre.") == 200
    like = admin.get(listing).text
    notes = [""]
    for text in FIVE_HUNDRED:
        if has_controls(text):
            continue
        if len(notes[-1]) + len(text) >= LONGEST_NOTE:
            notes.append("")
        notes[-1] = f"{notes[-1]}\n{text}".strip("\n")
    for number, note in enumerate(notes, start=1):
        assert leave(number, note) == 200, note
    assert leave(len(notes) + 1, "un\x00mot") == 422
    page = admin.get(listing).text
    assert_text(page, like)
    shown = pages.words(page)
    assert all(pages.joined(typed.bare(note)) in shown for note in notes)


# Files -----------------------------------------------------------------------------------------------


def table(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file, of which no cell is run as a formula, whatever parts the cells."""
    for separator in ",;\t":
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            assert not [each for each in cells if each.strip()[:1] in {"=", "+", "-", "@"}], cells
    return list(csv.DictReader(io.StringIO(text, newline="")))


def assert_cell(cell: str, value: str) -> None:
    """The value; an apostrophe keeps a spreadsheet from counting with it."""
    assert cell.replace("'", "") == value.replace("'", "")


@ON_SQLITE
def test_in_files_an_answer_is_what_was_typed_and_nothing_that_runs(
    flask_app: Flask, letter: Newsletter
) -> None:
    client = flask_app.test_client()
    for number, kept in enumerate(KEPT):
        hers = mine.fresh(reader(letter, number, kept).subscriber)
        told = client.get(f"{hers}/everything.json")
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        assert told.headers["Content-Disposition"].startswith("attachment")
        found = {each["question"]: each["value"] for each in json.loads(told.text)["detail"]}
        assert found == {f"Question {name}": text for name, text in kept.items()}
        cells = [
            each["value"]
            for each in table(client.get(f"{hers}/everything.csv").text.removeprefix("\ufeff"))
            if (each["table"], each["field"]) == ("detail", "value")
        ]
        for cell, text in zip(cells, kept.values(), strict=True):
            assert_cell(cell, text)
    listed = table(spreadsheets.text(subscribers.columns(letter), subscribers.export(letter)))
    for line, kept in zip(listed, KEPT, strict=True):
        for name in ASKED:
            assert_cell(line[name], kept.get(name, ""))
