"""The fields that a newsletter's sign-up form asks beyond address and first name."""

from __future__ import annotations

import dataclasses

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import editors, newsletters, questions
from app.core.errors import NotFound
from app.core.sequences import DIRECTIONS
from app.editor import door, guard
from app.editor.newsletter_forms import NewQuestion, QuestionWords
from app.extensions import _, db
from app.forms import own_token
from app.models import Newsletter, Question

GONE = _("Nothing changed: this field had been removed already.")


@door.get("/newsletters/<slug>/questions")
def list_newsletter_questions(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    return _listing(newsletters.get(slug), NewQuestion())


@door.post("/newsletters/<slug>/questions")
@own_token
def add_newsletter_question(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    form = NewQuestion()
    if form.validate_on_submit():
        with form.blaming(conflict="name"):
            questions.add(newsletter, form.plan_of_new())
    if form.errors:
        return _listing(newsletter, form), 422
    db.session.commit()
    flash(_("The field is on the form from now on."))
    return _back(slug)


@door.get("/newsletters/<slug>/questions/<int:question_id>")
def edit_newsletter_question(slug: str, question_id: int) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    question = questions.get(newsletters.get(slug), question_id)
    return _page(question, QuestionWords(data=dataclasses.asdict(questions.plan_of(question))))


@door.post("/newsletters/<slug>/questions/<int:question_id>")
@own_token
def change_newsletter_question(slug: str, question_id: int) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    question = _meant(slug, question_id)
    if question is None:
        raise NotFound(GONE)
    form = QuestionWords()
    if form.validate_on_submit():
        with form.blaming():
            questions.change(question, form.plan(question.name, question.kind))
    if form.errors:
        return _page(question, form), 422
    db.session.commit()
    flash(_("Kept. Answers already given stay as they are."))
    return _back(slug)


@door.post("/newsletters/<slug>/questions/<int:question_id>/<any(up, down):way>")
def move_newsletter_question(slug: str, question_id: int, way: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    question = _meant(slug, question_id)
    if question is None:
        flash(GONE)
    else:
        questions.move(question, DIRECTIONS[way])
        db.session.commit()
    return _back(slug)


@door.post("/newsletters/<slug>/questions/<int:question_id>/remove")
def remove_newsletter_question(slug: str, question_id: int) -> ResponseReturnValue:
    """Gone with its answers; the page said how many there are."""
    guard.require(editors.is_admin)
    question = _meant(slug, question_id)
    if question is None:
        flash(GONE)
    else:
        questions.remove(question)
        db.session.commit()
        flash(_("The field is gone, and so are the answers to it."))
    return _back(slug)


def _meant(slug: str, question_id: int) -> Question | None:
    """Which field the button was about; None when it is gone, in another tab or by another admin."""
    newsletter = newsletters.get(slug)
    try:
        question = questions.get(newsletter, question_id)
    except NotFound:
        return None
    # SQLite gives a removed field's number to the next one, whose answers nobody meant to drop.
    return question if question.name == request.form.get("field") else None


def _back(slug: str) -> ResponseReturnValue:
    return redirect(url_for("editor.list_newsletter_questions", slug=slug), 303)


def _listing(newsletter: Newsletter, form: NewQuestion) -> str:
    return render_template("editor/questions.html", newsletter=newsletter, form=form)


def _page(question: Question, form: QuestionWords) -> str:
    return render_template(
        "editor/question.html",
        newsletter=question.newsletter,
        question=question,
        form=form,
        answered=questions.answered(question),
    )
