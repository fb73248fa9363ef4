"""`POST /api/subscriptions`: a sign-up as JSON, by the rules and under the caps of the form.

No cookie is read, so there is none to misuse: what comes is what anybody may ask for, a mail to an
address. Scripts of other sites are let in by the newsletters' own list (CORS); a program that is no
browser sends no Origin and needs none. The body is told in docs/api.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app import language, question_fields, sign_ups, sites
from app.api import door
from app.core import newsletters, origins
from app.core.errors import Invalid, NotAllowed
from app.extensions import _, csrf, settings
from app.models import Newsletter
from app.sign_ups import ChoiceForm
from emails.typed import bare

PATH = "/api/subscriptions"

MOST_BYTES = 16 * 1024
"""A sign-up with twenty answers is a tenth of it."""

PREFLIGHT_SECONDS = 600

TEXTS = ("address", "first_name", "website")


@door.before_request
def limit_size() -> None:
    """Told before anything reads the body, the caps among them."""
    if request.path == PATH:
        request.max_content_length = MOST_BYTES


@door.route(PATH, methods=["OPTIONS"])
def preflight_sign_up() -> ResponseReturnValue:
    """A browser asks whether a site's script may call. It cannot say for which newsletter."""
    sites.remember(newsletters.listing())
    return "", 204


@door.post(PATH)
@sign_ups.capped
def sign_up() -> ResponseReturnValue:
    """202 with the same words for every address; else a problem (RFC 9457)."""
    body = _body()
    chosen = _chosen(body)
    language.suggest(_language(body, chosen))
    _refuse_strangers(chosen)
    faults = _shape_faults(body)
    form = sign_ups.form_of_several(chosen, is_ours=False, formdata=_as_form(body, chosen))
    if not form.validate() or faults:
        raise Invalid(
            _("Something in the form needs another look."), {**_faults(form, chosen), **faults}
        )
    site = origins.read(request.headers.get("Origin", ""))[: origins.LONGEST]
    sign_ups.take(chosen, form, PATH + (f" ({site})" if site else ""))
    said = _("A mail is on its way to you. One press on its button, and you are in.")
    return {"status": "pending", "detail": str(said)}, 202


@door.after_request
def let_sites_call(response: Response) -> Response:
    """CORS for listed sites, refusals too: a script must be able to show what is wrong."""
    if request.path != PATH:
        return response
    response.headers["Vary"] = "Origin"
    origin = request.headers.get("Origin", "")
    if (
        response.status_code < 500
        and origin
        and any(origin in listed for listed in sites.remembered().values())
    ):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


def _body() -> dict[str, Any]:
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        body = request.get_json()
    except RecursionError as deep:
        raise BadRequest from deep
    if not isinstance(body, dict):
        raise BadRequest
    return body


def _chosen(body: dict[str, Any]) -> list[Newsletter]:
    """Raises Invalid where one is named that is none."""
    named = body.get("newsletters")
    if not isinstance(named, list) or not named or not all(isinstance(each, str) for each in named):
        sentence = _("Name at least one newsletter, as a list of slugs.")
        raise Invalid(sentence, {"newsletters": sentence})
    every = newsletters.listing()
    sites.remember(every)
    known = {each.slug: each for each in every}
    for slug in named:
        if slug not in known:
            sentence = _("There is no newsletter called “%(slug)s”.", slug=slug[:60])
            raise Invalid(sentence, {"newsletters": sentence})
    return [known[slug] for slug in dict.fromkeys(named)]


def _language(body: dict[str, Any], chosen: Sequence[Newsletter]) -> str:
    wanted = body.get("language")
    return wanted if wanted in language.SPOKEN else chosen[0].language


def _refuse_strangers(chosen: Sequence[Newsletter]) -> None:
    """A script on a site that one of these newsletters does not list; our own is no stranger."""
    origin = request.headers.get("Origin", "")
    if not origin or origin == origins.read(settings().base_url):
        return
    if not all(origin in origins.of(each) for each in chosen):
        raise NotAllowed(_("This site is not on the newsletter’s list of sites."))


def _shape_faults(body: dict[str, Any]) -> dict[str, object]:
    """What JSON can get wrong and a form cannot: the types."""
    faults: dict[str, object] = {
        name: _("Write this as a text.")
        for name in TEXTS
        if not isinstance(body.get(name, ""), str)
    }
    if body.get("consent") is not True:
        faults["consent"] = _("Please tick the box: we write to nobody who did not ask.")
    answers = body.get("answers", {})
    if not isinstance(answers, dict) or not all(
        isinstance(each, str | int | float) and not isinstance(each, bool)
        for each in answers.values()
    ):
        faults["answers"] = _("Write the answers as texts or numbers, by their names.")
    return faults


def _as_form(body: dict[str, Any], chosen: Sequence[Newsletter]) -> MultiDict[str, str]:
    """The same as a browser would post; what has the wrong type counts as nothing here."""
    given: MultiDict[str, str] = MultiDict()
    for name in TEXTS:
        value = body.get(name)
        given[name] = value if isinstance(value, str) else ""
    if body.get("keep_address") is True:
        # As the form's own field does with the address: the two are compared.
        given["keep"] = bare(given["address"])
    answers = body.get("answers")
    for each in chosen:
        given.add("newsletters", each.slug)
        for question in each.questions:
            answer = answers.get(question.name, "") if isinstance(answers, dict) else ""
            is_written = isinstance(answer, str | int | float) and not isinstance(answer, bool)
            given[question_fields.name_of(question, each.slug)] = str(answer) if is_written else ""
    return given


def _faults(form: ChoiceForm, chosen: Sequence[Newsletter]) -> dict[str, object]:
    """One sentence per member; answers are `answers.<name>`, whichever newsletter asked."""
    names = {
        question_fields.name_of(question, each.slug): f"answers.{question.name}"
        for each in chosen
        for question in each.questions
    }
    return {
        names.get(field.short_name, field.short_name): field.errors[0]
        for field in form
        if field.errors
    }


csrf.exempt(sign_up)
