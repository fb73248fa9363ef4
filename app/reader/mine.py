"""*My subscription*: everything a reader may say and see about what she gets, on one page.

By the link in every issue, or by one asked for with an address. The answer to that question is the
same page after the same time for every address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import bells, lanes, pace, visitors
from app.core import (
    addresses,
    answers,
    consents,
    newsletters,
    own_pages,
    preferences,
    retention,
    suppressions,
)
from app.core.consents import Proof
from app.core.errors import Gone
from app.extensions import _, csrf, db, limiter, settings
from app.forms import own_token
from app.models import Consent, Newsletter, Subscription, SubscriptionState
from app.reader import door, holders
from app.reader.holders import Holder, TooOld
from app.reader.mine_forms import (
    AddressForm,
    AskForm,
    JoinForm,
    LanguageForm,
    PauseForm,
    RubricsForm,
    known,
    prefix,
)
from app.sign_ups import wording

BY_VISITOR = "20 per hour"
BY_NETWORK = "100 per hour"
BY_SETTING = "120 per hour"
"""Of all buttons that leave a row as proof, together. Leaving has no cap."""

EVEN_SECONDS = 0.1
"""As with a sign-up: well above what the dearest way takes (7 ms, measured)."""

SAID = {
    "saved": _("Your choice is kept. It holds from the next issue on."),
    "paused": _("Your pause is kept."),
    "back": _("The pause is over. The next issue comes to you."),
    "left": _("You have left. Nothing more of it will be sent to you."),
    "joined": _("Welcome. A mail says so, at most one a day."),
    "kept": _("You stay. Thank you for reading us."),
    "language": _("From now on we speak this language to you."),
    "link": _(
        "A link is on its way to your address. It opens everything for a day. If you asked"
        " today already, the first mail is the one that counts."
    ),
    "address": _(
        "We have written to the new address. Nothing changes until you confirm it there; your present"
        " address is told, too."
    ),
}
"""What a page says after a press. Named in the address, so that it needs no cookie."""

BY_MAIL = frozenset({"joined", "link", "address"})
"""After these there is something to find in the inbox."""


@dataclass(frozen=True, slots=True)
class Card:
    """One newsletter on her page, with where she stands."""

    newsletter: Newsletter
    subscription: Subscription | None
    rubrics: RubricsForm | None
    pause: PauseForm | None
    back_on: dt.date | None
    join: JoinForm | None = None
    """The questions of a newsletter that she does not have."""

    @property
    def state(self) -> str:
        if self.subscription is None:
            return "none"
        if self.subscription.state is not SubscriptionState.CONFIRMED:
            return str(self.subscription.state)
        return "paused" if self.back_on else "confirmed"

    @property
    def history(self) -> Sequence[Consent]:
        return self.subscription.consents if self.subscription else ()

    @property
    def wording(self) -> str:
        return wording(self.newsletter)


@dataclass(frozen=True, slots=True)
class Returned:
    """Forms that came back with faults, to be shown as they were filled in."""

    slug: str = ""
    rubrics: RubricsForm | None = None
    pause: PauseForm | None = None
    join: JoinForm | None = None
    address: AddressForm | None = None
    language: LanguageForm | None = None
    refusal: object = ""


@door.get("/mine")
def asking() -> ResponseReturnValue:
    return _asking(AskForm(formdata=None))


@door.post("/mine")
@limiter.limit(BY_NETWORK, key_func=visitors.network)
@limiter.limit(BY_VISITOR)
@lanes.with_room
@own_token
def ask() -> ResponseReturnValue:
    form = AskForm()
    if not form.validate_on_submit():
        return _asking(form), 422
    with pace.even(EVEN_SECONDS):
        bells.ring([own_pages.ask(form.address.data)])
        db.session.commit()
    return redirect(url_for("reader.asked"), code=303)


@door.get("/mine/asked")
def asked() -> ResponseReturnValue:
    """The same for an address known, unknown or suppressed."""
    return render_template(
        "reader/mine_asked.html", newsletter=newsletters.only(), inbox_url=settings().inbox_url
    )


capped = limiter.shared_limit(BY_SETTING, scope="mine")


def behind_link(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """The view gets the holder in place of the token; who has no rows, or an old link, another page.

    Exempt from CSRF tokens: `holders` says why.
    """

    @wraps(view)
    def opened(token: str, **given: Any) -> ResponseReturnValue:
        try:
            holder = holders.find(token)
        except TooOld as old:
            return _asking(AskForm(formdata=None), why=old.why), 410
        try:
            if holder is not None:
                return view(holder, **given)
        except Gone:
            # She was erased while this press waited: it is answered as any later one.
            db.session.rollback()
        return render_template("reader/gone.html")

    csrf.exempt(opened)
    return opened


@door.get("/mine/<token>")
@behind_link
def mine(holder: Holder) -> ResponseReturnValue:
    """Programs that follow links change nothing."""
    return page(holder)


@door.post("/mine/<token>/link")
@limiter.limit(BY_VISITOR)
@behind_link
def send_link(holder: Holder) -> ResponseReturnValue:
    """A fresh link to the address itself, for the holder of one from an issue."""
    if _barred(holder):
        return page(holder), 403
    bells.ring([own_pages.send_link(holder.subscriber)])
    db.session.commit()
    return back(holder, "link")


def back(holder: Holder, said: str, slug: str | None = None, **further: Any) -> ResponseReturnValue:
    """To her page again, which says what was done; loading it anew does nothing."""
    # As mine_card.html writes it: a newsletter may be called as another part of the page.
    anchor = f"letter-{slug}" if slug else None
    there = url_for("reader.mine", token=holder.token, said=said, _anchor=anchor, **further)
    return redirect(there, code=303)


def page(holder: Holder, returned: Returned | None = None) -> str:
    returned = returned or Returned()
    subscriber, said = holder.subscriber, request.args.get("said", "")
    address = subscriber.address if holder.is_fresh else addresses.veil(subscriber.address)
    return render_template(
        "reader/mine.html",
        newsletter=holder.newsletter,
        holder=holder,
        token=holder.token,
        address=address,
        cards=_cards(holder, returned),
        languages=returned.language or LanguageForm(formdata=None, language=subscriber.language),
        address_form=returned.address or AddressForm(formdata=None),
        said=SAID.get(said) if request.method == "GET" else None,
        inbox_url=settings().inbox_url if said in BY_MAIL else "",
        returned=returned,
        refusal=returned.refusal or _barred(holder),
        silent_since=retention.silent_since(subscriber),
        first_day=preferences.today() + dt.timedelta(days=1),
        last_day=preferences.today() + preferences.LONGEST_PAUSE,
    )


def _barred(holder: Holder) -> object:
    """What is told to a person to whom nothing may be sent; nothing for all others."""
    is_barred = suppressions.find(holder.subscriber.address_key) is not None
    return preferences.BARRED if is_barred else ""


def proof(label: object) -> Proof:
    """She pressed the button of this name on her own page."""
    return Proof(wording=str(label), source=consents.MINE, network=visitors.network())


def _asking(form: AskForm, *, why: object = None) -> str:
    return render_template(
        "reader/mine_asking.html", newsletter=newsletters.only(), form=form, why=why
    )


def _cards(holder: Holder, returned: Returned) -> list[Card]:
    """What she has first, then what she could have; each by name."""
    standing = {each.newsletter_id: each for each in holder.subscriber.subscriptions}
    cards = [_card(each, standing.get(each.id), holder, returned) for each in newsletters.listing()]
    return sorted(cards, key=lambda card: card.state not in {"confirmed", "paused"})


def _card(
    newsletter: Newsletter, subscription: Subscription | None, holder: Holder, returned: Returned
) -> Card:
    mine = returned if returned.slug == newsletter.slug else Returned()
    if subscription is None or subscription.state is not SubscriptionState.CONFIRMED:
        join = mine.join or _asked(newsletter, subscription if holder.is_fresh else None)
        return Card(newsletter, subscription, None, None, None, join)
    return Card(
        newsletter,
        subscription,
        mine.rubrics or RubricsForm.of(subscription, formdata=None),
        mine.pause or PauseForm(prefix=prefix(newsletter), formdata=None),
        preferences.back_on(subscription),
    )


def _asked(newsletter: Newsletter, subscription: Subscription | None) -> JoinForm:
    """The newsletter's questions, with what she answered when she had that subscription.

    Not for the holder of an issue's link: where somebody was born is for her own eyes.
    """
    if subscription is None:
        return JoinForm.of(newsletter, formdata=None)
    given = answers.of(newsletter.id, [subscription.id]).get(subscription.id, {})
    return JoinForm.of(newsletter, formdata=None, data=known(newsletter.questions, given))
