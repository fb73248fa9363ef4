"""What only the address itself may do: move, take everything away, be erased. A fresh link opens it."""

from __future__ import annotations

import json

from flask import Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from app import bells, language, pace, visitors
from app.core import (
    address_changes,
    addresses,
    clock,
    erasures,
    holdings,
    own_pages,
    spreadsheets,
)
from app.core.address_changes import Step
from app.core.errors import NotAllowed
from app.extensions import _, csrf, db, limiter, links
from app.links import FOR_EVER, Purpose
from app.models import AddressChange, Subscriber
from app.reader import door, holders, mine
from app.reader.holders import Holder, TooOld
from app.reader.mine import BY_VISITOR, EVEN_SECONDS, Returned, back, behind_link, proof
from app.reader.mine_forms import AddressForm


@door.post("/mine/<token>/address")
@limiter.limit(BY_VISITOR)
@behind_link
def change_address(holder: Holder) -> ResponseReturnValue:
    """The same page for an address that is free, taken or suppressed."""
    holder.must_be_fresh()
    form = AddressForm()
    if form.validate():
        with form.blaming(), pace.even(EVEN_SECONDS):
            bells.ring(
                address_changes.ask(holder.subscriber, form.address.data, visitors.network())
            )
            db.session.commit()
    if form.errors:
        return mine.page(holder, Returned(address=form)), 422
    return back(holder, "address")


@door.get("/mine/address/<token>")
def new_address(token: str) -> ResponseReturnValue:
    """One button; programs that follow links change nothing."""
    change = _change(Purpose.ADDRESS, token)
    step = address_changes.standing(change) if change else Step.OVER
    return _moving("confirm", token, change, step)


@door.post("/mine/address/<token>")
def confirm_address(token: str) -> ResponseReturnValue:
    """She reads what comes to the new address: mail goes there from now on. Twice is once."""
    change = _change(Purpose.ADDRESS, token)
    said = proof(_("Confirm this address"))
    step = address_changes.confirm(change.id, said) if change else Step.OVER
    db.session.commit()
    return _moving("confirm", token, change, step)


@door.get("/mine/stay/<token>")
def old_address(token: str) -> ResponseReturnValue:
    change = _change(Purpose.STAY, token)
    is_over = change is None or change.asked_at < clock.now() - address_changes.STAY_WITHIN
    stopped = change is not None and change.stopped_at is not None
    return _moving(
        "stay", token, change, Step.OVER if is_over else Step.STOPPED if stopped else None
    )


@door.post("/mine/stay/<token>")
def stay(token: str) -> ResponseReturnValue:
    """The old address says no: nothing moves, or what has moved comes back."""
    change = _change(Purpose.STAY, token)
    said = proof(_("Keep my address"))
    step = address_changes.stop(change.id, said) if change else Step.OVER
    db.session.commit()
    return _moving("stay", token, change, step)


@door.get("/mine/<token>/everything.json")
def everything_json(token: str) -> ResponseReturnValue:
    """All that is held about her, to be read by machines; of whom was erased, that nothing is known."""
    document = holdings.document(_owner(token))
    return _download(json.dumps(document, ensure_ascii=False, indent=2), "json", "application/json")


@door.get("/mine/<token>/everything.csv")
def everything_csv(token: str) -> ResponseReturnValue:
    """The same for a spreadsheet, formulas quoted."""
    text = spreadsheets.text(holdings.CELLS, holdings.cells(_owner(token)))
    return _download("\ufeff" + text, "csv", "text/csv")


@door.get("/mine/<token>/erase")
@behind_link
def erasing(holder: Holder) -> ResponseReturnValue:
    """What goes and what stays; the second press does it."""
    holder.must_be_fresh()
    return render_template(
        "reader/mine_erase.html",
        newsletter=holder.newsletter,
        token=holder.token,
        address=holder.subscriber.address,
    )


@door.post("/mine/<token>/erase")
@behind_link
def erase(holder: Holder) -> ResponseReturnValue:
    """Done at once. Pressed again, the link says that nothing is kept."""
    holder.must_be_fresh()
    address = addresses.veil(holder.subscriber.address)
    erasures.erase(holder.subscriber)
    db.session.commit()
    return render_template("reader/mine_erased.html", address=address, at=clock.now())


def _owner(token: str) -> Subscriber | None:
    try:
        holder = holders.find(token)
    except TooOld as old:
        raise NotAllowed(old.why) from old
    if holder is None:
        return None
    holder.must_be_fresh()
    return holder.subscriber


def _download(text: str, ending: str, kind: str) -> Response:
    answer = make_response(text)
    answer.mimetype = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="hebdo-my-data.{ending}"'
    return answer


def _change(purpose: Purpose, token: str) -> AddressChange | None:
    """None when its rows are gone. Raises NotFound for a link that none of ours is."""
    value = links().read_timed_token(purpose, token, FOR_EVER)
    if value is None:
        holders.refuse_forged()
    change = address_changes.find(int(value))
    if change is not None:
        language.suggest(change.subscriber.language)
    return change


def _moving(
    way: str, token: str, change: AddressChange | None, step: Step | None
) -> ResponseReturnValue:
    if change is None:
        return render_template("reader/gone.html")
    nearest = own_pages.nearest(change.subscriber)
    view = "reader.confirm_address" if way == "confirm" else "reader.stay"
    return render_template(
        "reader/mine_moving.html",
        newsletter=nearest.newsletter if nearest else None,
        way=way,
        action=url_for(view, token=token),
        address=addresses.veil(change.address),
        step=step,
    )


for view in (confirm_address, stay):
    csrf.exempt(view)
