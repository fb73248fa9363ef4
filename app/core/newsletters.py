"""Newsletters: what one can subscribe to, and what it says of itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from sqlalchemy import select

from app.core import addresses, anchors, clock, rubrics
from app.core.errors import Conflict, Invalid, NotFound
from app.core.rubrics import RubricPlan
from app.extensions import _, db
from app.models import Newsletter, Visibility
from emails import typed

ACCENT = "#9a1b1f"

LONGEST_LINE = 200
"""Characters of a one-line setting."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a newsletter says of itself; everything is plain text."""

    name: str
    sender_name: str
    sender_address: str
    tagline: str = ""
    description: str = ""
    language: str = "fr"
    rhythm: str = ""
    reply_to: str = ""
    publisher: str = ""
    postal_address: str = field(default="")
    """One or more lines."""
    accent: str = ACCENT
    visibility: str = Visibility.PUBLIC
    """Who may read a new issue on the web: a word of `Visibility`."""


def add(slug: str, settings: Settings, given: Sequence[RubricPlan] | None = None) -> Newsletter:
    """A new newsletter with the model's rubrics in its language, unless given others.

    Raises Invalid with a sentence per faulty field or for anchors that the pages have other uses for,
    Conflict when the slug is taken.
    """
    if not _is_slug(slug):
        raise Invalid(
            _("A slug is made of small letters, digits and single hyphens."),
            {"slug": _("Use small letters, digits and single hyphens, such as weekly-news.")},
        )
    if find(slug) is not None:
        raise Conflict(_("There is already a newsletter called “%(slug)s”.", slug=slug))
    newsletter = Newsletter(slug=slug, created_at=clock.now())
    _write(newsletter, settings)
    plans = given if given is not None else rubrics.MODEL[newsletter.language]
    if not anchors.are_free([plan.anchor for plan in plans]):
        raise Invalid(
            _("Give each rubric an anchor of its own that is no id of the page, such as news.")
        )
    newsletter.every_rubric = rubrics.made(plans)
    db.session.add(newsletter)
    db.session.flush()
    return newsletter


def change(newsletter: Newsletter, settings: Settings) -> None:
    """Take new settings; issues already ordered keep what they were frozen with."""
    _write(newsletter, settings)
    db.session.flush()


def find(slug: str) -> Newsletter | None:
    if not _is_slug(slug):
        # Nobody's, and some of what is typed (a NUL) PostgreSQL would not even look for.
        return None
    return db.session.scalar(select(Newsletter).where(Newsletter.slug == slug))


def get(slug: str) -> Newsletter:
    """Raises NotFound, naming the slug."""
    newsletter = find(slug)
    if newsletter is None:
        raise NotFound(_("There is no newsletter called “%(slug)s”.", slug=slug))
    return newsletter


def listing() -> list[Newsletter]:
    """All of them, by name."""
    return list(db.session.scalars(select(Newsletter).order_by(Newsletter.name, Newsletter.id)))


def only() -> Newsletter | None:
    """The one newsletter of a house that has no other: its name stands over pages about nothing else."""
    found = listing()
    return found[0] if len(found) == 1 else None


def settings_of(newsletter: Newsletter) -> Settings:
    """A newsletter's settings as a value: to change one, `dataclasses.replace` it."""
    return Settings(**{each.name: getattr(newsletter, each.name) for each in fields(Settings)})


def _write(newsletter: Newsletter, settings: Settings) -> None:
    cleaned = {name: _clean(name, getattr(settings, name)) for name in _NAMES}
    faults = _faults(cleaned)
    if faults:
        raise Invalid(_("The newsletter’s settings need another look."), faults)
    for name, value in cleaned.items():
        setattr(newsletter, name, value)
    newsletter.visibility = Visibility(cleaned["visibility"])


_NAMES = tuple(each.name for each in fields(Settings))
_SEVERAL_LINES = {"description", "postal_address"}


def _clean(name: str, value: str) -> str:
    return typed.paragraphs(value).strip() if name in _SEVERAL_LINES else typed.line(value)


def _faults(settings: dict[str, str]) -> dict[str, object]:
    faults: dict[str, object] = {}
    for name in ("name", "sender_name", "sender_address"):
        if not settings[name]:
            faults[name] = _("This cannot be left empty.")
    for name in ("sender_address", "reply_to"):
        if settings[name] and not _is_address(settings[name]):
            faults[name] = _("This is not an address that mail can come from.")
    if settings["language"] not in rubrics.MODEL:
        faults["language"] = _("Choose fr or en.")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", settings["accent"]):
        faults["accent"] = _("Write the colour as #rrggbb, such as #9a1b1f.")
    if settings["visibility"] not in set(Visibility):
        faults["visibility"] = _("Choose who may read new issues on the web.")
    for name, value in settings.items():
        if len(value) > (2000 if name in _SEVERAL_LINES else LONGEST_LINE):
            faults[name] = _("This is too long.")
    return faults


def _is_slug(slug: str) -> bool:
    return len(slug) <= 60 and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) is not None


def _is_address(address: str) -> bool:
    try:
        addresses.read(address, is_ours=True)
    except Invalid:
        return False
    return True
