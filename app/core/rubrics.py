"""Rubrics: the typed sections that a newsletter's issues are made of, kept by admins.

A rubric's kind and anchor never change: stories were written for the one, and the other stands in links
and in what readers hide. Its title, place and rules do, from the next order on; issues already ordered
keep what they were frozen with. No rubric is deleted: one that is retired stands in no new issue, and in
an issue that has stories there already it stays until they are moved or sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.core import anchors, clock, sequences
from app.core.errors import Conflict, Invalid, NotFound
from app.extensions import _, db
from app.models import LARGEST_KEY, Newsletter, Rubric, RubricKind
from emails import slots, typed

LONGEST_TITLE = 200
"""Characters."""
MOST = 20
"""Rubrics of one issue; a mail of 102 kB holds no more."""
MOST_STORIES = 100


@dataclass(frozen=True, slots=True)
class RubricPlan:
    """A rubric as an admin wants it."""

    kind: RubricKind
    title: str
    anchor: str
    required: bool = False
    least: int = 0
    """Stories, when it is there at all; 0 and 1 are the same."""
    most: int = 20


MODEL = {
    "fr": (
        RubricPlan(RubricKind.LEAD, "À la Une", "une", required=True, least=1, most=1),
        RubricPlan(RubricKind.BRIEFS, "Dans l’actu", "actu", required=True, least=3, most=12),
        RubricPlan(RubricKind.IMAGE, "L’image de la semaine", "image", least=1, most=1),
        RubricPlan(
            RubricKind.INTERVIEWS,
            "Les entretiens qui ont rythmé l’actu",
            "entretiens",
            least=1,
            most=6,
        ),
        RubricPlan(RubricKind.LINKS, "Et aussi", "et-aussi", least=1, most=50),
    ),
    "en": (
        RubricPlan(RubricKind.LEAD, "The lead", "lead", required=True, least=1, most=1),
        RubricPlan(RubricKind.BRIEFS, "In brief", "briefs", required=True, least=3, most=12),
        RubricPlan(RubricKind.IMAGE, "Picture of the week", "picture", least=1, most=1),
        RubricPlan(RubricKind.INTERVIEWS, "Interviews", "interviews", least=1, most=6),
        RubricPlan(RubricKind.LINKS, "Also", "also", least=1, most=50),
    ),
}
"""The rubrics of a weekly like the model's, by language: what a new newsletter begins with."""


def made(plans: Iterable[RubricPlan]) -> list[Rubric]:
    """Rubrics of a new newsletter, in this order."""
    return [_made(plan, position) for position, plan in enumerate(plans)]


def add(newsletter: Newsletter, plan: RubricPlan) -> Rubric:
    """Put at the end. Raises Invalid with a sentence per faulty field, Conflict when there are too many."""
    sequences.hold(newsletter)
    _refuse({**_anchor_faults(newsletter, plan.anchor), **_faults(newsletter, plan)})
    _leave_room(newsletter)
    rubric = _made(plan, sequences.end_of(newsletter.every_rubric))
    newsletter.every_rubric.append(rubric)
    db.session.flush()
    return rubric


def change(rubric: Rubric, plan: RubricPlan) -> None:
    """Another title and other rules; kind and anchor of the plan count for nothing."""
    _refuse(_faults(rubric.newsletter, plan))
    _write(rubric, plan)
    db.session.flush()


def move(rubric: Rubric, by: int) -> None:
    """One place up (-1) or down (1) among those in use; at an end nothing changes."""
    sequences.hold(rubric.newsletter)
    retired = [each for each in rubric.newsletter.every_rubric if each.retired_at]
    sequences.shift(rubric.newsletter.rubrics, rubric, by)
    for place, each in enumerate(retired, start=len(rubric.newsletter.rubrics)):
        each.position = place
    db.session.flush()
    db.session.expire(rubric.newsletter, ["every_rubric"])


def retire(rubric: Rubric) -> None:
    """No new issue has it from now on. Twice is once; Conflict for the last one."""
    sequences.hold(rubric.newsletter)
    if rubric.retired_at is not None:
        return
    if len(rubric.newsletter.rubrics) == 1:
        raise Conflict(_("An issue needs one rubric at least: add another before this one goes."))
    rubric.retired_at = clock.now()
    db.session.flush()


def bring_back(rubric: Rubric) -> None:
    """At the end of those in use. Twice is once; Conflict when there are too many."""
    sequences.hold(rubric.newsletter)
    if rubric.retired_at is None:
        return
    _leave_room(rubric.newsletter)
    rubric.position = sequences.end_of(rubric.newsletter.every_rubric)
    rubric.retired_at = None
    db.session.flush()
    db.session.expire(rubric.newsletter, ["every_rubric"])


def get(newsletter: Newsletter, rubric_id: int) -> Rubric:
    """Raises NotFound when it is none of this newsletter's."""
    found = db.session.get(Rubric, rubric_id) if rubric_id < LARGEST_KEY else None
    if found is None or found.newsletter_id != newsletter.id:
        raise NotFound(_("There is no such rubric in this newsletter."))
    return found


def retired(newsletter: Newsletter) -> list[Rubric]:
    """Those that no new issue has."""
    return [each for each in newsletter.every_rubric if each.retired_at is not None]


def plan_of(rubric: Rubric) -> RubricPlan:
    """A rubric as a value: to change one, `dataclasses.replace` it."""
    return RubricPlan(
        kind=rubric.kind,
        title=rubric.title,
        anchor=rubric.anchor,
        required=rubric.required,
        least=max(rubric.stories_least, 1),
        most=rubric.stories_most,
    )


def _made(plan: RubricPlan, position: int) -> Rubric:
    rubric = Rubric(position=position, kind=plan.kind, anchor=plan.anchor)
    _write(rubric, plan)
    return rubric


def _write(rubric: Rubric, plan: RubricPlan) -> None:
    rubric.title = typed.line(plan.title)
    rubric.required = plan.required
    rubric.stories_least, rubric.stories_most = plan.least, plan.most


def _leave_room(newsletter: Newsletter) -> None:
    if len(newsletter.rubrics) >= MOST:
        raise Conflict(_("An issue of %(most)s rubrics is long enough.", most=MOST))


def _anchor_faults(newsletter: Newsletter, anchor: str) -> dict[str, object]:
    if any(each.anchor == anchor for each in retired(newsletter)):
        return {"anchor": _("A rubric that is not used any more has it: bring that one back.")}
    if any(each.anchor == anchor for each in newsletter.rubrics):
        return {"anchor": _("There is already a rubric of this anchor.")}
    if len(anchor) > 40 or not anchors.are_free([anchor]):
        return {
            "anchor": _(
                "Use small letters, digits and single hyphens, such as news; some words are the page’s own."
            )
        }
    return {}


def _faults(newsletter: Newsletter, plan: RubricPlan) -> dict[str, object]:
    faults: dict[str, object] = {}
    asked = {each.name for each in newsletter.questions}
    if not typed.bare(plan.title):
        faults["title"] = _("This cannot be left empty.")
    elif len(plan.title) > LONGEST_TITLE:
        faults["title"] = _("This is too long.")
    elif set(slots.unknown(plan.title)) - asked:
        faults["title"] = _("Readers have no such detail: take the double braces out.")
    if not 0 <= plan.least <= plan.most:
        faults["least"] = _("This is more than it may have at the most.")
    if not 1 <= plan.most <= MOST_STORIES:
        faults["most"] = _("From 1 to %(most)s stories.", most=MOST_STORIES)
    return faults


def _refuse(faults: dict[str, object]) -> None:
    if faults:
        raise Invalid(_("The rubric needs another look."), faults)
