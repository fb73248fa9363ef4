"""Issues: what editors write. A draft may change; an ordered one is past changing.

Every save names the revision it began from. The conditional UPDATE on it decides: who saves over a
newer one gets a Conflict in words and keeps what was typed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import defer

from app.core import clock, races, stories
from app.core.errors import Conflict, Invalid, NotFound
from app.core.imports import Imported, Remark
from app.core.stories import StoryWords
from app.extensions import _, db
from app.models import LARGEST_KEY as LARGEST_KEY
from app.models import Edition, Image, Issue, IssueState, Newsletter, Visibility
from emails import slots, typed

SECOND_PRESS = dt.timedelta(minutes=10)
"""How long the same press again, or the answer loaded anew, makes no second draft."""

LONGEST_SUBJECT = 250
"""Characters: mail programs show about 70, and RFC 5322 §2.1.1 counts 998 bytes a line."""

GONE = _("There is no such issue. It may have been deleted.")


@dataclass(frozen=True, slots=True)
class Words:
    """An issue as the writing page holds it; `None` for what this save does not speak of."""

    subject: str
    preheader: str
    leftovers: str | None = None
    stories: tuple[StoryWords, ...] = ()
    """Those that are written; others of the issue stay as they are."""
    visibility: Visibility | None = None


def as_read(line: str) -> str:
    """A typed line as a reader without a name gets it."""
    return slots.plain(slots.settle(line))


def begin(newsletter: Newsletter) -> Issue:
    """An empty draft from a press of the button; a second press soon after is the same as one."""
    return _pressed_before(newsletter, "", []) or create(newsletter)


def find_made_from(newsletter: Newsletter, imported: Imported) -> Issue | None:
    """The draft that this very text became a moment ago, while nobody has touched it since."""
    words = [(typed.line(each.title), each.body) for _rubric, each in imported.stories]
    return _pressed_before(newsletter, typed.line(imported.subject), words)


def create(newsletter: Newsletter, number: int | None = None) -> Issue:
    """A new empty draft with the next number, or the one given.

    Raises Conflict when the number is taken. Two who ask at once wait for each other.
    """
    _hold(newsletter)
    if number is not None and _taken(newsletter, number):
        raise Conflict(
            _("“%(name)s” already has a number %(number)s.", name=newsletter.name, number=number)
        )
    now = clock.now()
    issue = Issue(
        newsletter=newsletter,
        number=number if number is not None else next_number(newsletter),
        visibility=newsletter.visibility,
        created_at=now,
        updated_at=now,
    )
    db.session.add(issue)
    db.session.flush()
    return issue


def next_number(newsletter: Newsletter) -> int:
    """One more than the highest there is."""
    highest = select(func.max(Issue.number)).where(Issue.newsletter_id == newsletter.id)
    return (db.session.scalar(highest) or 0) + 1


def create_from(
    newsletter: Newsletter,
    imported: Imported,
    pictures: Mapping[str, Image] | None = None,
    *,
    takes_tagline: bool = True,
) -> tuple[Issue, list[Remark]]:
    """A draft from an imported text; `pictures` are those it names, already kept.

    Line 2 of a plain text is the newsletter's tagline and becomes it, or is set aside where whoever
    imports may not change the newsletter. What the import, the number or a missing picture left to
    say comes back as remarks, by line.
    """
    remarks = list(imported.remarks)
    number = imported.number
    if number is not None and _taken(newsletter, number):
        remarks.append(
            Remark(0, str(number), _("This number is taken; the issue got the next free one."))
        )
        number = None
    issue = create(newsletter, number)
    issue.subject = typed.line(imported.subject)
    issue.preheader = typed.line(imported.preheader)
    issue.leftovers = "\n".join(imported.leftovers)
    if takes_tagline:
        remarks += _take_tagline(newsletter, imported.tagline)
    else:
        remarks += _leave_tagline(issue, imported.tagline)
    for rubric, each in imported.stories:
        row = stories.append(issue, rubric)
        row.title, row.body = typed.line(each.title), each.body
        row.link, row.link_label = each.link, each.link_label
        row.image_alt, row.image_credit = each.picture_alt, each.picture_credit
        row.image = (pictures or {}).get(each.picture)
        if each.picture and row.image is None:
            sentence = _("A text cannot hold a picture: upload this one at its story.")
            remarks.append(Remark(each.number, each.picture, sentence))
    db.session.flush()
    return issue, sorted(remarks, key=lambda remark: remark.line)


def get(issue_id: int) -> Issue:
    """Raises NotFound."""
    issue = db.session.get(Issue, issue_id) if issue_id < LARGEST_KEY else None
    if issue is None:
        raise NotFound(GONE)
    return issue


def listing(
    newsletter: Newsletter | None = None, below: int | None = None, limit: int | None = None
) -> list[tuple[Issue, Edition | None]]:
    """Issues, the newest first, each with its edition once it was ordered.

    All, or `limit` of them from the one below the id `below`. What was printed is left in the
    database until somebody asks for it: it is 100 kB an issue.
    """
    found = (
        select(Issue, Edition)
        .outerjoin(Edition, Edition.issue_id == Issue.id)
        .options(defer(Edition.source), defer(Edition.html), defer(Edition.text))
        .order_by(Issue.id.desc())
        .limit(limit)
    )
    if newsletter is not None:
        found = found.where(Issue.newsletter_id == newsletter.id)
    if below is not None:
        found = found.where(Issue.id < below)
    return [(issue, edition) for issue, edition in db.session.execute(found)]


def save(issue: Issue, revision: int, words: Words) -> None:
    """Keep all words at once, or none.

    Raises Invalid with a sentence per faulty field (`subject`, `story-<id>-title` …), Conflict when
    the issue was ordered or somebody saved it since `revision` was read.
    """
    faults = _faults(words)
    if faults:
        raise Invalid(_("Something in the issue needs another look; nothing was saved."), faults)
    advance(issue, revision)
    issue.subject = typed.line(words.subject)
    issue.preheader = typed.line(words.preheader)
    if words.leftovers is not None:
        issue.leftovers = typed.paragraphs(words.leftovers).strip("\n")
    if words.visibility is not None:
        issue.visibility = words.visibility
    stories.write(issue, words.stories)
    db.session.flush()


def advance(issue: Issue, revision: int) -> None:
    """Claim the right to change the issue as it stood at `revision`.

    Raises Conflict when it was saved or ordered since, NotFound when it was deleted.
    """
    # What a form says may be no number that a database knows.
    claimed = 0 < revision < LARGEST_KEY - 1 and races.won(
        update(Issue)
        .where(Issue.id == issue.id, Issue.revision == revision, Issue.state == IssueState.DRAFT)
        .values(revision=revision + 1, updated_at=clock.now())
    )
    if claimed:
        db.session.refresh(issue)
        return
    # Deleted by somebody else, perhaps: then there is nothing to read anew.
    if db.session.get(Issue, issue.id, populate_existing=True) is None:
        raise NotFound(GONE)
    if issue.state is IssueState.ORDERED:
        raise Conflict(_("This issue was sent in the meantime: its words cannot change any more."))
    raise Conflict(_("Somebody saved this issue while you were writing. Nothing of yours is lost."))


def delete(issue: Issue, revision: int) -> None:
    """Throw a draft away; an ordered issue stays for ever."""
    advance(issue, revision)
    db.session.delete(issue)
    db.session.flush()


def _hold(newsletter: Newsletter) -> None:
    """Wait for whoever else begins an issue of it; SQLite's writers wait for each other anyway."""
    one = select(Newsletter.id).where(Newsletter.id == newsletter.id)
    db.session.execute(one.with_for_update(key_share=True))


def _pressed_before(
    newsletter: Newsletter, subject: str, words: list[tuple[str, str]]
) -> Issue | None:
    """The newest issue when it was made a moment ago of these very words and nobody touched it since."""
    _hold(newsletter)
    newest = db.session.scalar(
        select(Issue).where(Issue.newsletter_id == newsletter.id).order_by(Issue.id.desc()).limit(1)
    )
    if newest is None or newest.created_at < clock.now() - SECOND_PRESS:
        return None
    is_as_made = newest.revision == 1 and newest.state is IssueState.DRAFT
    said = sorted((each.title, each.body) for each in newest.stories)
    is_the_same = (newest.subject, said) == (subject, sorted(words))
    return newest if is_as_made and is_the_same else None


def _taken(newsletter: Newsletter, number: int) -> bool:
    found = select(Issue.id).where(Issue.newsletter_id == newsletter.id, Issue.number == number)
    return db.session.scalar(found) is not None


def _take_tagline(newsletter: Newsletter, tagline: str) -> list[Remark]:
    tagline = typed.line(tagline)
    before, newsletter.tagline = newsletter.tagline, tagline or newsletter.tagline
    if not before or before == newsletter.tagline:
        return []
    return [
        Remark(
            2,
            tagline,
            _("This is the newsletter’s tagline now; it was “%(before)s”.", before=before),
        )
    ]


def _leave_tagline(issue: Issue, tagline: str) -> list[Remark]:
    """The newsletter's own says nothing new; another is kept with the lines that have no place."""
    if not tagline or typed.line(tagline) == issue.newsletter.tagline:
        return []
    issue.leftovers = "\n".join(filter(None, (tagline, issue.leftovers)))
    return [
        Remark(
            2,
            tagline,
            _("Only an admin changes the newsletter’s tagline: this line was set aside."),
        )
    ]


def _faults(words: Words) -> dict[str, object]:
    faults: dict[str, object] = {
        name: _("This is too long: %(most)s characters at the most.", most=LONGEST_SUBJECT)
        for name, value in (("subject", words.subject), ("preheader", words.preheader))
        if len(value) > LONGEST_SUBJECT
    }
    for each in words.stories:
        faults |= stories.faults(each)
    return faults
