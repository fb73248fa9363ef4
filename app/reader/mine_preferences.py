"""What she sets on her page: rubrics, plain text, a pause, joining, leaving, her language."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app import bells
from app.core import newsletters, preferences, retention, subscriptions
from app.core.errors import NotAllowed, NotFound
from app.extensions import _, db
from app.models import EndReason, Subscription, SubscriptionState
from app.reader import door, mine
from app.reader.holders import Holder
from app.reader.mine import Returned, back, behind_link, capped, proof
from app.reader.mine_forms import JoinForm, LanguageForm, PauseForm, RubricsForm, prefix
from app.sign_ups import wording


@door.post("/mine/<token>/newsletters/<slug>/rubrics")
@capped
@behind_link
def choose(holder: Holder, slug: str) -> ResponseReturnValue:
    subscription = _confirmed(holder, slug)
    form = RubricsForm.of(subscription)
    with form.blaming():
        preferences.choose(
            subscription,
            form.rubrics.data or (),
            text_only=form.text_only.data,
            proof=proof(_said(form)),
        )
    if form.errors:
        return mine.page(holder, Returned(slug, rubrics=form)), 422
    db.session.commit()
    return back(holder, "saved", slug)


@door.post("/mine/<token>/newsletters/<slug>/pause")
@capped
@behind_link
def pause(holder: Holder, slug: str) -> ResponseReturnValue:
    subscription = _confirmed(holder, slug)
    form = PauseForm(prefix=prefix(subscription.newsletter))
    if form.validate() and form.day is not None:
        wording = _("Nothing before %(day)s", day=form.day.isoformat())
        with form.blaming():
            preferences.pause(subscription, form.day, proof(wording))
    if form.errors:
        return mine.page(holder, Returned(slug, pause=form)), 422
    db.session.commit()
    return back(holder, "paused", slug)


@door.post("/mine/<token>/newsletters/<slug>/go-on")
@capped
@behind_link
def go_on(holder: Holder, slug: str) -> ResponseReturnValue:
    preferences.go_on(_confirmed(holder, slug), proof(_("End the pause now")))
    db.session.commit()
    return back(holder, "back", slug)


@door.post("/mine/<token>/newsletters/<slug>/leave")
@behind_link
def leave_one(holder: Holder, slug: str) -> ResponseReturnValue:
    """At once, and as often as she likes."""
    subscription = _standing(holder, slug)
    if subscription is not None:
        subscriptions.end(subscription.id, EndReason.UNSUBSCRIBED, proof(_("Unsubscribe")))
    db.session.commit()
    return back(holder, "left", slug)


@door.post("/mine/<token>/newsletters/<slug>/join")
@capped
@behind_link
def join(holder: Holder, slug: str) -> ResponseReturnValue:
    """The sentence beside the button is kept as her consent, with her answers to its questions."""
    newsletter = newsletters.get(slug)
    if not holder.is_proved:
        raise NotAllowed(_("Please confirm your first subscription by the mail we sent you."))
    form = JoinForm.of(newsletter)
    if not form.validate():
        return mine.page(holder, Returned(slug, join=form)), 422
    given = form.answers_to(newsletter.questions)
    try:
        notice = preferences.join(holder.subscriber, newsletter, proof(wording(newsletter)), given)
    except NotAllowed as refusal:
        return mine.page(holder, Returned(slug, refusal=refusal.message)), 403
    bells.ring([notice])
    db.session.commit()
    return back(holder, "joined", slug)


@door.post("/mine/<token>/keep")
@capped
@behind_link
def keep(holder: Holder) -> ResponseReturnValue:
    """She is still there."""
    retention.keep(holder.subscriber, proof(_("Keep me")))
    db.session.commit()
    return back(holder, "kept")


@door.post("/mine/<token>/language")
@capped
@behind_link
def speak(holder: Holder) -> ResponseReturnValue:
    """Hers from now on; the cookie that a visitor's own choice left on this browser follows."""
    form = LanguageForm()
    chosen = form.language.data or ""
    with form.blaming():
        preferences.speak(holder.subscriber, chosen, proof(_("Save the language")))
    if form.errors:
        return mine.page(holder, Returned(language=form)), 422
    db.session.commit()
    return back(holder, "language", lang=chosen)


def _confirmed(holder: Holder, slug: str) -> Subscription:
    subscription = _standing(holder, slug)
    if subscription is None or subscription.state is not SubscriptionState.CONFIRMED:
        raise NotFound(_("You do not receive this newsletter at the moment."))
    return subscription


def _standing(holder: Holder, slug: str) -> Subscription | None:
    newsletter = newsletters.get(slug)
    for each in holder.subscriber.subscriptions:
        if each.newsletter_id == newsletter.id:
            return each
    return None


def _said(form: RubricsForm) -> str:
    """Her choice in words, as it stands in the history of her consent."""
    wanted = set(form.rubrics.data or ())
    titles = ", ".join(each.title for each in form.offered if each.anchor in wanted)
    return f"{titles} · {_('As plain text')}" if form.text_only.data else titles
