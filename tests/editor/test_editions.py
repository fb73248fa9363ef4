"""Sending from the desk: the question, one send however often it is pressed, the equation."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from app.core import clock, editions, issues
from app.extensions import db
from app.models import (
    Batch,
    Delivery,
    DeliveryState,
    Edition,
    EditionState,
    Issue,
    Role,
    Subscription,
    SubscriptionState,
)
from tasks.issues import press
from tests import desk, pages
from tests.desk import Desk


@pytest.fixture
def at_desk(flask_app: Flask) -> Desk:
    return desk.signed_in(flask_app)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


def url(issue: Issue, page: str = "send") -> str:
    return f"/editor/issues/{issue.id}/{page}"


def test_the_question_names_the_number_of_readers(at_desk: Desk, issue: Issue) -> None:
    assert "Send to 25 readers?" in at_desk.get(f"{url(issue)}?lang=en").text
    gone = db.session.query(Subscription).first()
    assert gone is not None
    gone.state = SubscriptionState.ENDED
    db.session.commit()
    assert "Send to 24 readers?" in at_desk.get(f"{url(issue)}?lang=en").text


def test_pressing_send_freezes_the_words_and_leads_to_the_progress(
    at_desk: Desk, issue: Issue
) -> None:
    answer = at_desk.post(url(issue), {"revision": 1})
    assert (answer.status_code, answer.headers["Location"]) == (303, url(issue, "progress"))
    edition = db.session.query(Edition).one()
    assert editions.thaw(edition.source).subject == issue.subject
    assert edition.ordered_by_id is not None


def test_pressing_send_again_sends_nothing_again(at_desk: Desk, issue: Issue) -> None:
    for _ in range(2):
        answer = at_desk.post(url(issue), {"revision": 1})
        assert answer.headers["Location"] == url(issue, "progress")
    assert at_desk.get(url(issue)).headers["Location"] == url(issue, "progress")
    assert db.session.query(Edition).count() == 1


def test_twenty_simultaneous_presses_order_one_edition(flask_app: Flask, issue: Issue) -> None:
    first = desk.signed_in(flask_app)
    desks = []
    for _ in range(20):
        each = Desk(flask_app)
        each.client.set_cookie("hebdo", first.client.get_cookie("hebdo").value)  # type: ignore[union-attr]
        each.token = first.token
        desks.append(each)
    issue_id, start, answers = issue.id, threading.Barrier(20), []
    db.session.rollback()

    def press_send(each: Desk) -> None:
        with flask_app.app_context():
            start.wait()
            form = {"csrf_token": each.token, "revision": 1}
            answers.append(each.client.post(f"/editor/issues/{issue_id}/send", data=form))

    threads = [threading.Thread(target=press_send, args=(each,)) for each in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [303] * 20
    assert db.session.query(Edition).count() == 1


def test_an_issue_that_lacks_something_cannot_be_sent(at_desk: Desk, issue: Issue) -> None:
    issue.newsletter.postal_address = ""
    db.session.commit()
    page = at_desk.get(url(issue)).text
    assert "data-once" not in page
    answer = at_desk.post(url(issue), {"revision": 1})
    assert answer.status_code == 422
    assert db.session.query(Edition).count() == 0


def test_what_changed_since_the_question_was_asked_is_not_sent(at_desk: Desk, issue: Issue) -> None:
    issues.save(issue, 1, issues.Words("Un autre sujet", ""))
    db.session.commit()
    assert at_desk.post(url(issue), {"revision": 1}).status_code == 409
    assert db.session.query(Edition).count() == 0


def test_an_ordered_issue_is_read_and_no_longer_written(at_desk: Desk, issue: Issue) -> None:
    at_desk.post(url(issue), {"revision": 1})
    assert at_desk.get(f"/editor/issues/{issue.id}").status_code == 302
    late = at_desk.post(f"/editor/issues/{issue.id}", desk.form_of(issue, subject="Trop tard"))
    assert late.status_code == 409
    assert "Trop tard" in late.text
    issue.newsletter.name = "Un autre nom"
    db.session.commit()
    assert "Un autre nom" not in at_desk.get(url(issue, "preview/mail")).text


def settle(edition: Edition, states: list[DeliveryState], answer: str = "ok") -> None:
    """Write the first copies' fates, as workers would."""
    now = clock.now()
    batches = db.session.query(Batch).filter_by(edition_id=edition.id).all()
    owners = {one: batch for batch in batches for one in batch.subscriber_ids}
    for (subscriber_id, batch), state in zip(sorted(owners.items()), states, strict=False):
        db.session.add(
            Delivery(
                edition_id=edition.id,
                subscriber_id=subscriber_id,
                state=state,
                code=550 if state is DeliveryState.REFUSED else 0,
                answer=answer,
                first_at=now,
                at=now,
            )
        )
        batch.settled += 1
    db.session.commit()


def planned(at_desk: Desk, issue: Issue) -> Edition:
    at_desk.post(url(issue), {"revision": 1})
    edition = db.session.query(Edition).one()
    press(edition.id)
    return edition


def test_the_figures_of_the_progress_add_up(at_desk: Desk, issue: Issue) -> None:
    settle(planned(at_desk, issue), [*DeliveryState, DeliveryState.ACCEPTED])
    figures = at_desk.get(url(issue, "progress.json")).json
    assert figures is not None
    terms = ("accepted", "waiting", "sending", "deferred", "refused", "in_doubt", "skipped")
    assert figures["planned"] == 25 == sum(figures[each] for each in terms)
    assert (figures["accepted"], figures["in_doubt"], figures["waiting"]) == (2, 1, 19)
    page = at_desk.get(url(issue, "progress")).text
    assert '<b data-figure="waiting">19</b>' in page


def test_a_relays_answer_is_shown_as_text(at_desk: Desk, issue: Issue) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}"
    settle(planned(at_desk, issue), [DeliveryState.REFUSED], hostile)
    page = at_desk.get(url(issue, "progress")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page


def test_refused_copies_are_listed_by_state(at_desk: Desk, issue: Issue) -> None:
    settle(
        planned(at_desk, issue),
        [DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.SKIPPED],
    )
    page = at_desk.get(url(issue, "progress?state=refused")).text
    assert page.count("@lecteurs.invalid") == 1
    assert at_desk.get(url(issue, "progress")).text.count("@lecteurs.invalid") == 2
    for odd in ("state=nonsense", "after=x", "after=-5", f"after={2**80}"):
        assert at_desk.get(url(issue, f"progress?{odd}")).status_code == 200


def test_a_contributor_sees_how_far_it_is_and_no_readers_address(
    flask_app: Flask, at_desk: Desk, issue: Issue
) -> None:
    settle(planned(at_desk, issue), [DeliveryState.ACCEPTED, DeliveryState.REFUSED])
    contributor = desk.signed_in(flask_app, Role.CONTRIBUTOR)
    page = contributor.get(url(issue, "progress")).text
    assert '<b data-figure="refused">1</b>' in page
    assert "@lecteurs.invalid" not in page
    assert "deliveries.csv" not in page
    assert contributor.get(url(issue, "deliveries.csv")).status_code == 403
    assert "@lecteurs.invalid" in at_desk.get(url(issue, "progress")).text


def test_an_edition_that_was_halted_says_why(at_desk: Desk, issue: Issue) -> None:
    at_desk.post(url(issue), {"revision": 1})
    edition = db.session.query(Edition).one()
    editions.halt(edition.id, "the print <differs>", edition.state)
    db.session.commit()
    assert "the print &lt;differs&gt;" in at_desk.get(url(issue, "progress")).text


def test_a_draft_has_no_progress_yet(at_desk: Desk, issue: Issue) -> None:
    assert at_desk.get(url(issue, "progress")).status_code == 302
    assert at_desk.get(url(issue, "progress.json")).status_code == 404


def test_the_index_shows_how_far_each_issue_is(at_desk: Desk, issue: Issue) -> None:
    assert ">draft<" in at_desk.get("/editor/?lang=en").text
    settle(planned(at_desk, issue), [DeliveryState.ACCEPTED] * 5)
    page = at_desk.get("/editor/?lang=en").text
    assert 'max="25" value="5"' in page


def test_the_index_says_how_many_copies_a_sent_issue_had(at_desk: Desk, issue: Issue) -> None:
    edition = planned(at_desk, issue)
    settle(edition, [DeliveryState.ACCEPTED] * 25)
    edition.state = EditionState.SENT
    db.session.commit()
    page = at_desk.get("/editor/?lang=en").text
    assert ">sent<" in page
    assert "25 copies" in page


@pytest.mark.parametrize(
    ("language", "said"), [("en", "1,234,567 copies"), ("fr", "1\u202f234\u202f567 envois")]
)
def test_large_figures_are_set_as_the_pages_language_sets_them(
    flask_app: Flask, at_desk: Desk, issue: Issue, language: str, said: str
) -> None:
    edition = planned(at_desk, issue)
    edition.state, edition.planned = EditionState.SENT, 1_234_567
    db.session.commit()
    assert said in at_desk.get(f"/editor/?lang={language}").text


def test_the_name_under_a_figure_bends_with_it(at_desk: Desk, issue: Issue) -> None:
    refused, deferred = [DeliveryState.REFUSED], [DeliveryState.DEFERRED] * 2
    settle(planned(at_desk, issue), refused + deferred)
    page = at_desk.get(url(issue, "progress?lang=fr")).text
    assert "2 différés + 1 refusé + 0 incertain + 0 écarté" in pages.words(page)
