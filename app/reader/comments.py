"""Saying something under an issue. The words typed come back with every refusal, whatever it is for.

Form and token are checked by the form itself, so that a stale one costs nobody her text.
"""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded

from app import language, visitors
from app.core import archive as issues_out
from app.core import comments, newsletters, tidings
from app.core.comments import Words
from app.extensions import _, csrf, db, limiter, settings
from app.forms import STALE
from app.models import CommentState, Issue, Newsletter, Subscription
from app.reader import archive, door, passes, talks
from app.reader.forms import CommentForm

BY_VISITOR = "20 per hour"
BY_NETWORK = "60 per hour"
"""Whoever argues with a whole newsroom stays below; a robot does not."""

TOO_OFTEN = _(
    "That was a little too often: we take so many comments in an hour and no more. Your text is"
    " still here; please send it in a while."
)
TOO_QUICK = _("That was very quick. Please read your comment over, and press the button again.")


@door.post("/archive/<slug>/<int:number>/react")
def react(slug: str, number: int) -> ResponseReturnValue:
    newsletter = newsletters.get(slug)
    language.suggest(newsletter.language)
    entry = issues_out.get(newsletter, min(number, archive.LARGEST))
    if archive.is_kept_back(newsletter, entry):
        return archive.page(newsletter, entry, CommentForm()), 403
    issue = comments.issue_of(newsletter, entry.number)
    passed = passes.holder(newsletter)
    form = CommentForm()
    if passed is not None:
        form.without_address()
    try:
        with limiter.limit(BY_NETWORK, key_func=visitors.network), limiter.limit(BY_VISITOR):
            sound = _is_sound(form, issue)
    except RateLimitExceeded:
        form.blame({"form": TOO_OFTEN})
        return archive.page(newsletter, entry, form), 429
    if not sound:
        return archive.page(newsletter, entry, form), 422
    if form.is_trapped:
        return _thank(newsletter, number)
    return _take(newsletter, issue, form, passed) or (archive.page(newsletter, entry, form), 422)


@door.get("/archive/<slug>/<int:number>/reacted")
def reacted(slug: str, number: int) -> ResponseReturnValue:
    """Thank you; an editor reads it first."""
    newsletter = newsletters.get(slug)
    language.suggest(newsletter.language)
    entry = issues_out.get(newsletter, min(number, archive.LARGEST))
    return render_template("reader/reacted.html", newsletter=newsletter, entry=entry)


def _take(
    newsletter: Newsletter, issue: Issue, form: CommentForm, passed: Subscription | None
) -> ResponseReturnValue | None:
    """Keep the comment and say where it is; None, its faults told, when it cannot be kept."""
    with form.blaming(conflict="form"):
        made = comments.post(issue, _words(form), passed)
    if form.errors:
        return None
    if made.state is CommentState.SHOWN:
        tidings.of_shown(made)
    db.session.commit()
    if made.state is CommentState.SHOWN:
        anchor = f"comment-{made.id}"
        target = url_for("reader.issue", slug=newsletter.slug, number=issue.number, _anchor=anchor)
        return redirect(target, 303)
    return _thank(newsletter, issue.number)


def _words(form: CommentForm) -> Words:
    return Words(
        name=form.name.data,
        address=form.address.data if "address" in form else "",
        text=form.text.data,
        form=form.form.data,
        answers=talks.wanted(form),
        tell=bool(form.tell.data),
        language=language.spoken(),
    )


def _is_sound(form: CommentForm, issue: Issue) -> bool:
    """Whether it can be taken; each fault is told, and a form that is none of ours is made one."""
    sound = bool(form.validate())
    age = talks.age(issue, form.form.data or "")
    if age is None:
        # That its token is stale, too, is the same fault.
        form.csrf_token.errors = []
        form.form.errors = [STALE]
        form.name_it(talks.made(issue.id))
    elif sound and age < settings().form_seconds:
        form.blame({"form": TOO_QUICK})
    return not form.errors


def _thank(newsletter: Newsletter, number: int) -> ResponseReturnValue:
    return redirect(url_for("reader.reacted", slug=newsletter.slug, number=number), 303)


csrf.exempt(react)
