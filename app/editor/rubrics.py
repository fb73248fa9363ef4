"""The rubrics that a newsletter's issues are made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core import editors, newsletters, rubrics
from app.core.errors import Conflict
from app.core.sequences import DIRECTIONS
from app.editor import door, guard
from app.editor.newsletter_forms import KINDS, NewRubric, RubricWords
from app.extensions import _, db
from app.forms import own_token
from app.models import Newsletter, Rubric


@door.get("/newsletters/<slug>/rubrics")
def list_newsletter_rubrics(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    return _listing(newsletters.get(slug), NewRubric())


@door.post("/newsletters/<slug>/rubrics")
@own_token
def add_newsletter_rubric(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    form = NewRubric()
    if form.validate_on_submit():
        with form.blaming(conflict="title"):
            rubrics.add(newsletter, form.plan_of_new())
    if form.errors:
        return _listing(newsletter, form), 422
    db.session.commit()
    flash(_("The rubric is there, also in the drafts; move it where it belongs."))
    return _back(slug)


@door.get("/newsletters/<slug>/rubrics/<int:rubric_id>")
def edit_newsletter_rubric(slug: str, rubric_id: int) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    rubric = rubrics.get(newsletters.get(slug), rubric_id)
    return _page(rubric, RubricWords(data=dataclasses.asdict(rubrics.plan_of(rubric))))


@door.post("/newsletters/<slug>/rubrics/<int:rubric_id>")
@own_token
def change_newsletter_rubric(slug: str, rubric_id: int) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    rubric = rubrics.get(newsletters.get(slug), rubric_id)
    form = RubricWords()
    if form.validate_on_submit():
        with form.blaming():
            rubrics.change(rubric, form.plan(rubric.kind, rubric.anchor))
    if form.errors:
        return _page(rubric, form), 422
    db.session.commit()
    flash(_("Kept. Issues already sent stay as they were."))
    return _back(slug)


@door.post("/newsletters/<slug>/rubrics/<int:rubric_id>/<any(up, down):way>")
def move_newsletter_rubric(slug: str, rubric_id: int, way: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    rubrics.move(rubrics.get(newsletters.get(slug), rubric_id), DIRECTIONS[way])
    db.session.commit()
    return _back(slug)


@door.post("/newsletters/<slug>/rubrics/<int:rubric_id>/retire")
def retire_newsletter_rubric(slug: str, rubric_id: int) -> ResponseReturnValue:
    return _change(slug, rubric_id, rubrics.retire, _("“%(rubric)s” stands in no new issue."))


@door.post("/newsletters/<slug>/rubrics/<int:rubric_id>/bring-back")
def bring_back_newsletter_rubric(slug: str, rubric_id: int) -> ResponseReturnValue:
    said = _("“%(rubric)s” is back, behind the others.")
    return _change(slug, rubric_id, rubrics.bring_back, said)


def _change(
    slug: str, rubric_id: int, verb: Callable[[Rubric], None], said: object
) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    rubric = rubrics.get(newsletters.get(slug), rubric_id)
    try:
        verb(rubric)
    except Conflict as refused:
        db.session.rollback()
        flash(str(refused.message), "error")
    else:
        db.session.commit()
        flash(str(said) % {"rubric": rubric.title})
    return _back(slug)


def _back(slug: str) -> ResponseReturnValue:
    return redirect(url_for("editor.list_newsletter_rubrics", slug=slug), 303)


def _listing(newsletter: Newsletter, form: NewRubric) -> str:
    return render_template(
        "editor/rubrics.html",
        newsletter=newsletter,
        form=form,
        kinds=KINDS,
        retired=rubrics.retired(newsletter),
    )


def _page(rubric: Rubric, form: RubricWords) -> str:
    return render_template(
        "editor/rubric.html", newsletter=rubric.newsletter, rubric=rubric, form=form, kinds=KINDS
    )
