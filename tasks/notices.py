"""Notices: load the row, see whether it is still wanted, compose, post, settle. One at a time.

They have a queue and a worker slot of their own, so that a big send delays none.
"""

from __future__ import annotations

import dataclasses

import structlog

from app.core import editions, notices, relays, subscriptions
from app.core.confirmations import ASKING
from app.extensions import db, links, settings
from app.models import Notice, NoticeKind, Subscription, SubscriptionState
from emails import answers, compose, render
from emails import notices as letters
from emails.errors import MailError
from emails.headers import Sender
from emails.smtp import Line
from emails.values import Addressee, Answer, Envelope, Outcome
from emails.values import Notice as Letter
from tasks import addressees, comments, installations, own_letters, texts
from tasks.celery import celery
from tasks.own_letters import HER_OWN

log = structlog.get_logger()

PASSWORD_HOURS = 24
DESK = "Hebdo"
DESK_LANGUAGE = "fr"


@celery.task(name="tasks.notices.send")
def send(notice_id: int) -> None:
    """A nudge to send one notice. Twice is harmless: only one claim bites."""
    post(notice_id)


def post(notice_id: int) -> bool:
    """Claim, compose, post, settle; False when there was nothing to claim."""
    notice = notices.claim(notice_id) if installations.may_send() else None
    db.session.commit()
    if notice is None:
        return False
    with structlog.contextvars.bound_contextvars(notice=notice_id, kind=str(notice.kind)):
        if unwanted := _unwanted(notice):
            notices.drop(notice, unwanted)
        else:
            answer = _post(notice)
            # She may have been forgotten meanwhile, and the order with her.
            if db.session.get(Notice, notice_id) is not None:
                notices.settle(notice, answer)
            log.info("notice.posted", outcome=answer.outcome, code=answer.code)
        db.session.commit()
    return True


def _unwanted(notice: Notice) -> str:
    """Why it is no longer to be sent; empty when it is."""
    if notice.kind in comments.KINDS:
        return comments.unwanted(notice)
    standing = _standing(notice)
    wanted_in = {
        NoticeKind.CONFIRMATION: SubscriptionState.PENDING,
        NoticeKind.REMINDER: SubscriptionState.PENDING,
        NoticeKind.ALREADY_SUBSCRIBED: SubscriptionState.CONFIRMED,
        NoticeKind.WELCOME: SubscriptionState.CONFIRMED,
    }
    if notice.kind in wanted_in and standing is not wanted_in[notice.kind]:
        return f"the subscription is {standing or 'gone'} by now"
    if notice.kind in HER_OWN:
        return own_letters.unwanted(notice)
    return ""


def _standing(notice: Notice) -> SubscriptionState | None:
    """Where its subscription stands; one of several that is pending is worth a confirmation."""
    if any(each.state is SubscriptionState.PENDING for each in _together(notice)):
        return SubscriptionState.PENDING
    return notice.subscription.state if notice.subscription else None


def _together(notice: Notice) -> list[Subscription]:
    """The subscriptions that a confirmation is about, as far as they are still there."""
    return subscriptions.find_all(notice.subscription_ids)


def _post(notice: Notice) -> Answer:
    try:
        envelope = _signed(_compose(notice))
    except MailError as odd:
        return Answer(Outcome.REFUSED, text=f"no mail can be made of this: {odd}")
    # The order is committed and read; no transaction stays open while a relay takes its time.
    db.session.commit()
    with Line(settings().relay) as line:
        answer = line.post(envelope)
    if line.takes_accents is not None:
        relays.note(line.takes_accents)
    return answers.unnamed(answer, envelope.rcpt_to)


def _compose(notice: Notice) -> Envelope:
    if notice.kind is NoticeKind.PROOF:
        return _proof(notice)
    letter = _letter(notice)
    return compose.compile_notice(letter, _sender(notice), _addressee(notice), notice.created_at)


def _signed(envelope: Envelope) -> Envelope:
    """With our signature, where a key was given; else the relay signs."""
    signer = settings().signer
    return dataclasses.replace(envelope, data=signer.sign(envelope.data)) if signer else envelope


def _letter(notice: Notice) -> Letter:
    if notice.kind in comments.KINDS:
        return comments.letter(notice)
    made = links()
    if notice.editor is not None:
        url = made.password(notice.editor.id, notice.editor.stamp)
        invited = notice.kind is NoticeKind.INVITATION
        write = letters.invitation if invited else letters.password_reset
        return write(url, PASSWORD_HOURS, DESK_LANGUAGE)
    newsletter, subscription = notice.newsletter, notice.subscription
    assert newsletter is not None
    assert subscription is not None
    # Issues keep their newsletter's language; what is about herself speaks hers.
    masthead = dataclasses.replace(
        texts.masthead(newsletter), language=subscription.subscriber.language
    )
    if notice.kind in HER_OWN:
        return own_letters.write(notice, subscription, masthead)
    if notice.kind in ASKING:
        pending = [each for each in _together(notice) if each.state is SubscriptionState.PENDING]
        ids = [each.id for each in pending] or [subscription.id]
        ask = letters.confirmation if notice.kind is NoticeKind.CONFIRMATION else letters.reminder
        return ask(masthead, made.confirm(*ids), [each.newsletter.name for each in pending])
    if notice.kind is NoticeKind.ALREADY_SUBSCRIBED:
        return letters.already_subscribed(masthead, _own_page(subscription.id))
    token = made.subscription_token(subscription.id)
    way_out, mine = made.unsubscribe(token), made.mine(token)
    latest = editions.latest(newsletter.id)
    name = subscription.subscriber.first_name
    if latest is None:
        return letters.welcome(masthead, way_out, first_name=name, mine_url=mine)
    return letters.welcome(
        masthead, way_out, latest.subject, latest.url_for(token), first_name=name, mine_url=mine
    )


def _own_page(subscription_id: int) -> str:
    return links().mine(links().subscription_token(subscription_id))


def _proof(notice: Notice) -> Envelope:
    """The issue as it stood when the editor asked, made as the real one will be."""
    text = editions.thaw(notice.source)
    skeleton = compose.compile_issue(
        render.print_issue(text), text.masthead, notice.created_at, proof=True
    )
    return skeleton.fill(_addressee(notice))


def _sender(notice: Notice) -> Sender:
    newsletter = notice.newsletter
    if newsletter is None:
        return Sender(DESK, settings().mail_from)
    return Sender(newsletter.sender_name, newsletter.sender_address, newsletter.reply_to)


def _addressee(notice: Notice) -> Addressee:
    """A proof's way out leads to the page that forged links get: it can sign nobody out."""
    subscription = notice.subscription
    sender = notice.newsletter.sender_address if notice.newsletter else settings().mail_from
    return Addressee(
        address=notice.address,
        first_name="",
        token=links().subscription_token(subscription.id) if subscription else "proof",
        message_id=f"notice-{notice.id}@{addressees.message_host()}",
        return_path=addressees.return_path(sender),
    )
