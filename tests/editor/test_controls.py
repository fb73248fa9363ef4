"""Hands on a send under way, at the desk: each is one press, and twice does no harm."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core import deliveries, editions
from app.core.deliveries import Progress
from app.extensions import db
from app.models import Delivery, DeliveryState, Edition, EditionState, Issue, Role
from tasks import issues as printing
from tests import desk, pages, sends
from tests.conftest import use_relay
from tests.desk import Desk
from tests.relay import StoryRelay


@pytest.fixture
def at_desk(flask_app: Flask) -> Desk:
    return desk.signed_in(flask_app)


@pytest.fixture
def issue(flask_app: Flask, at_desk: Desk) -> Issue:
    """The sample issue, ordered, printed and planned for its 25 readers."""
    made = desk.draft(flask_app)
    at_desk.post(f"/editor/issues/{made.id}/send", {"revision": 1})
    printing.press(db.session.scalars(select(Edition.id)).one())
    db.session.refresh(made)
    return made


def press(at_desk: Desk, issue: Issue, what: str, **form: object) -> str:
    """Press the button, and read the page that it leads to."""
    path = f"/editor/issues/{issue.id}"
    answer = at_desk.post(f"{path}/{what}", dict(form))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}/progress")
    return at_desk.get(f"{path}/progress").text


def state(issue: Issue) -> EditionState:
    db.session.rollback()
    edition = editions.of_issue(issue)
    assert edition is not None
    db.session.refresh(edition)
    return edition.state


def progress(issue: Issue) -> Progress:
    db.session.rollback()
    return deliveries.progress(db.session.scalars(select(Edition.id)).one())


def test_a_send_is_paused_and_goes_on(at_desk: Desk, issue: Issue) -> None:
    assert "/resume" in press(at_desk, issue, "pause")
    assert state(issue) is EditionState.PAUSED
    assert "moved on before you pressed" in press(at_desk, issue, "pause")
    assert "/pause" in press(at_desk, issue, "resume")
    assert state(issue) is EditionState.PLANNED


def test_a_paused_issue_stays_in_the_archive(at_desk: Desk, issue: Issue) -> None:
    page = f"/archive/{issue.newsletter.slug}/{issue.number}"
    press(at_desk, issue, "pause")
    assert at_desk.get(page).status_code == 200
    press(at_desk, issue, "cancel")
    assert at_desk.get(page).status_code == 200


def test_a_send_is_stopped_for_good(at_desk: Desk, issue: Issue) -> None:
    page = press(at_desk, issue, "cancel")
    assert state(issue) is EditionState.CANCELLED
    assert "/cancel" not in page
    assert "/pause" not in page
    sends.send_on()
    assert progress(issue) == Progress(25, 0, 0, 0, 0, 0, 0, 25)


def test_an_issue_stopped_before_it_was_printed_mails_nobody(
    flask_app: Flask, at_desk: Desk
) -> None:
    made = desk.draft(flask_app)
    at_desk.post(f"/editor/issues/{made.id}/send", {"revision": 1})
    press(at_desk, made, "cancel")
    edition_id = db.session.scalars(select(Edition.id)).one()
    assert not printing.press(edition_id)
    assert state(made) is EditionState.CANCELLED


def test_the_relays_trouble_stands_on_the_page(
    flask_app: Flask, at_desk: Desk, issue: Issue
) -> None:
    with StoryRelay(refuse_mail=range(1, 99)) as relay:
        use_relay(flask_app, relay.relay)
        sends.send_on()
    page = at_desk.get(f"/editor/issues/{issue.id}/progress").text
    assert "550 5.7.1 Sender not allowed" in page
    assert progress(issue).waiting == 25


def test_deferred_copies_are_tried_again_when_asked(
    flask_app: Flask, at_desk: Desk, issue: Issue
) -> None:
    with StoryRelay(defer={3, 4}) as relay:
        use_relay(flask_app, relay.relay)
        sends.send_on()
        assert progress(issue).deferred == 2
        assert "2 copies are tried again now." in press(at_desk, issue, "retry")
        from tasks import lookout

        lookout.tidy()
        sends.send_on()
    assert progress(issue).accepted == 25
    assert "no copy is deferred any more" in press(at_desk, issue, "retry")


def test_refused_copies_are_tried_again_once_the_relay_is_mended(
    flask_app: Flask, at_desk: Desk, issue: Issue
) -> None:
    with StoryRelay(refuse={3, 4}) as relay:
        use_relay(flask_app, relay.relay)
        sends.send_on()
        page = at_desk.get(f"/editor/issues/{issue.id}/progress").text
        assert "Send 2 refused copies again" in page
        seen = {"refused": pages.element(page, "input", name="refused")["value"]}
        for odd in ({}, {"refused": "x"}, {"refused": 3}):
            assert "look again" in press(at_desk, issue, "retry-refused", **odd)
        assert progress(issue).refused == 2
        page = press(at_desk, issue, "retry-refused", **seen)
        assert "2 copies are tried again now." in page
        assert "refused copies again" not in page
        from tasks import lookout

        lookout.tidy()
        sends.send_on()
    assert progress(issue) == Progress(25, 0, 0, 25, 0, 0, 0, 0)
    assert "look again" in press(at_desk, issue, "retry-refused", **seen)


def test_copies_in_doubt_go_out_as_a_file(flask_app: Flask, at_desk: Desk, issue: Issue) -> None:
    with StoryRelay(hang_up_after_dot={1, 2}) as relay:
        use_relay(flask_app, relay.relay)
        sends.send_on()
    path = f"/editor/issues/{issue.id}"
    assert (
        f"{path}/deliveries.csv?state=in_doubt"
        in at_desk.get(f"{path}/progress?state=in_doubt").text
    )
    answer = at_desk.get(f"{path}/deliveries.csv?state=in_doubt")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    heading, *lines = answer.text.splitlines()
    assert heading.startswith("subscriber,address,state,")
    assert len(lines) == 2
    assert all(",in_doubt," in line for line in lines)


def test_copies_in_doubt_are_resolved_one_by_one_or_all(
    flask_app: Flask, at_desk: Desk, issue: Issue
) -> None:
    # Answers come between: three breaks in a row would make the send rest.
    with StoryRelay(hang_up_after_dot={1, 4, 8}) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        sends.send_on()
    in_doubt = select(Delivery.subscriber_id).where(Delivery.state == DeliveryState.IN_DOUBT)
    one = db.session.scalars(in_doubt).first()
    assert "1 copy is no longer in doubt." in press(
        at_desk, issue, "resolve", verdict="accepted", subscriber=one
    )
    assert "not in doubt any more" in press(
        at_desk, issue, "resolve", verdict="accepted", subscriber=one
    )
    for odd in ("", "x", "-1", "9" * 40):
        page = press(at_desk, issue, "resolve", verdict="again", subscriber=odd)
        assert "not in doubt any more" in page
    for seen in ({}, {"in_doubt": "x"}, {"in_doubt": 3}):
        assert "look again" in press(at_desk, issue, "resolve", verdict="again", **seen)
    page = at_desk.get(f"/editor/issues/{issue.id}/progress").text
    all_of_them = {"in_doubt": pages.element(page, "input", name="in_doubt")["value"]}
    assert "Send all again" in page
    press(at_desk, issue, "resolve", verdict="refused", **all_of_them)
    assert progress(issue) == Progress(25, 0, 0, 23, 0, 2, 0, 0)


def test_of_a_stopped_send_nothing_is_offered_to_be_sent_again(
    flask_app: Flask, at_desk: Desk, issue: Issue
) -> None:
    with StoryRelay(defer={1}, hang_up_after_dot={2}) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        sends.send_on()
    assert "Send it again" in at_desk.get(f"/editor/issues/{issue.id}/progress").text
    press(at_desk, issue, "cancel")
    page = at_desk.get(f"/editor/issues/{issue.id}/progress").text
    assert "All arrived" in page
    for words in ("Send all again", "Send it again", "Try the deferred ones now"):
        assert words not in page
    one = db.session.scalars(
        select(Delivery.subscriber_id).where(Delivery.state == DeliveryState.IN_DOUBT)
    ).one()
    told = press(at_desk, issue, "resolve", verdict="again", subscriber=one)
    assert "or the send was stopped" in told


def test_an_issue_that_was_halted_is_a_draft_again_and_can_be_sent_anew(
    flask_app: Flask, at_desk: Desk
) -> None:
    made = desk.draft(flask_app)
    path = f"/editor/issues/{made.id}"
    at_desk.post(f"{path}/send", {"revision": 1})
    db.session.execute(update(Edition).values(digest="0" * 64))
    db.session.commit()
    printing.press(db.session.scalars(select(Edition.id)).one())
    assert f"{path}/take-back" in at_desk.get(f"{path}/progress").text
    answer = at_desk.post(f"{path}/take-back")
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert "draft again" in at_desk.get(path).text
    # A page of before knows another revision, and the second press finds a draft.
    assert at_desk.post(f"{path}/send", {"revision": 1}).status_code == 409
    assert at_desk.post(f"{path}/take-back").status_code == 303
    assert at_desk.post(f"{path}/send", {"revision": 2}).status_code == 303
    assert printing.press(db.session.scalars(select(Edition.id)).one())
    assert state(made) is EditionState.PLANNED


def test_nothing_that_was_planned_is_taken_back(at_desk: Desk, issue: Issue) -> None:
    assert "moved on before you pressed" in press(at_desk, issue, "take-back")
    assert state(issue) is EditionState.PLANNED


@pytest.mark.parametrize("verdict", ["", "sent", "accepted\x00", "ACCEPTED"])
def test_a_verdict_that_does_not_exist_changes_nothing(
    at_desk: Desk, issue: Issue, verdict: str
) -> None:
    answer = at_desk.post(f"/editor/issues/{issue.id}/resolve", {"verdict": verdict})
    assert answer.status_code == 404


def test_a_contributor_has_no_hand_on_a_send(flask_app: Flask, issue: Issue) -> None:
    contributor = desk.signed_in(flask_app, Role.CONTRIBUTOR)
    assert "/pause" not in contributor.get(f"/editor/issues/{issue.id}/progress").text
    for what in ("pause", "resume", "cancel", "retry", "retry-refused", "resolve", "take-back"):
        form = {"verdict": "again"}
        assert contributor.post(f"/editor/issues/{issue.id}/{what}", form).status_code == 403
    assert state(issue) is EditionState.PLANNED
