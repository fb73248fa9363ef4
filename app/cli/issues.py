"""`hebdo issues`: what editors write, in from a file and out to the readers."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from app.cli import sending
from app.cli.context import ROW, as_table_or_json, in_app, reading, show
from app.cli.group import Refused
from app.core import (
    audiences,
    clock,
    editions,
    images,
    imports,
    newsletters,
    schedules,
    searches,
)
from app.core import issues as core
from app.core.imports import Imported, Remark
from app.extensions import db, settings
from app.models import Edition, EditionState, Image, Issue


@click.group()
def issues() -> None:
    """What editors write."""


@issues.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--newsletter", "slug", required=True, help="Slug of the newsletter.")
@as_table_or_json
@in_app
def import_(file: Path, slug: str, shape: str) -> None:
    """Make a draft of a text FILE.

    It is Markdown with front matter, or plain text. Headings are the newsletter's rubrics. Pictures
    that it names are taken from beside it. What has no place is said, line by line, and kept with
    the draft.
    """
    newsletter = newsletters.get(slug)
    text = imports.decode(file.read_bytes())
    imported = imports.read(text, newsletter.rubrics)
    issue, remarks = core.create_from(newsletter, imported, _pictures(imported, file.parent))
    db.session.commit()
    if shape == "json":
        click.echo(json.dumps(_as_json(issue, remarks), ensure_ascii=False, indent=2))
        return
    click.echo(
        f"Issue {issue.id}: Nº {issue.number}, “{core.as_read(issue.subject)}”,"
        f" {len(issue.stories)} stories."
    )
    for rubric in newsletter.rubrics:
        count = sum(story.rubric_id == rubric.id for story in issue.stories)
        click.echo(f"  {rubric.title}: {count}")
    for each in remarks:
        where = f"line {each.line}" if each.line else "note"
        click.echo(f"{where}: {each.sentence}\n    {each.text}")


@issues.command(name="list")
@click.option("--newsletter", "slug", help="Only this newsletter's.")
@as_table_or_json
@reading
def list_all(slug: str | None, shape: str) -> None:
    """All issues, newest first."""
    rows = [
        (
            each.id,
            each.newsletter.slug,
            each.number,
            each.subject if shape == "json" else core.as_read(each.subject),
            _state(each, edition),
            _at(edition),
        )
        for each, edition in core.listing(newsletters.get(slug) if slug else None)
    ]
    show(shape, ("id", "newsletter", "number", "subject", "state", "ordered_at"), rows)


@issues.command()
@click.argument("issue_id", type=ROW)
@click.option("--wait", is_flag=True, help="Stay until nothing waits and nothing is deferred.")
@click.option("--first-pass", is_flag=True, help="With --wait: leave once every reader was tried.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    help="With --wait: give up after so many seconds.",
)
@click.option("--at", "due", help="Not now, but then, in Paris: 2026-12-01T07:00.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@in_app
def send(
    issue_id: int,
    wait: bool,
    first_pass: bool,
    timeout: float | None,
    due: str | None,
    yes: bool,
) -> None:
    """Send issue ISSUE_ID to all its readers.

    The desk's checks come first. Twice sends once. With --wait, exit code 0 means: the ledger adds
    up and nobody waits.
    """
    issue = core.get(issue_id)
    edition = editions.of_issue(issue)
    if edition is None:
        edition = _order(issue, yes, schedules.read(due) if due else None)
    else:
        click.echo(f"Issue {issue_id} was ordered before: it is {sending.stands(edition)}.")
    if not wait:
        click.echo(f"Follow it with: hebdo deliveries show {issue_id}")
        sending.tell_obstacle(edition.id)
        return
    sys.exit(sending.follow(edition.id, first_pass=first_pass, timeout=timeout))


@issues.command()
@click.argument("issue_id", type=ROW)
@in_app
def pause(issue_id: int) -> None:
    """Begin no more copies of issue ISSUE_ID, until it is resumed."""
    _step(issue_id, editions.pause, "paused")


@issues.command()
@click.argument("issue_id", type=ROW)
@in_app
def resume(issue_id: int) -> None:
    """Go on with issue ISSUE_ID where it was paused."""
    from tasks import nudges

    _step(issue_id, editions.resume, "going on")
    nudges.deliveries()


@issues.command()
@click.argument("issue_id", type=ROW)
@in_app
def cancel(issue_id: int) -> None:
    """Send nothing more of issue ISSUE_ID, ever. Who was still to get it is skipped."""
    from tasks import nudges

    _step(issue_id, editions.cancel, "cancelled")
    nudges.deliveries()


@issues.command()
@click.argument("issue_id", type=ROW)
@in_app
def take_back(issue_id: int) -> None:
    """Make issue ISSUE_ID a draft again. It waits for its moment or was halted: nobody got it."""
    if not editions.take_back(core.get(issue_id).id):
        raise Refused(f"Issue {issue_id} is neither scheduled nor halted; nothing was changed.")
    db.session.commit()
    click.echo(f"Issue {issue_id} is a draft again.")


@issues.command()
@in_app
def index() -> None:
    """Make the search index anew, from every issue that is out."""
    count = searches.rebuild()
    db.session.commit()
    click.echo(f"Indexed: {count} issues.")


def _step(issue_id: int, verb: Callable[[int], bool], done: str) -> None:
    edition = editions.of_issue(core.get(issue_id))
    if edition is None:
        raise Refused(f"Issue {issue_id} is a draft; nothing of it was sent.")
    if not verb(edition.id):
        db.session.refresh(edition)
        hint = (
            " Take it back: hebdo issues take-back"
            if edition.state is EditionState.SCHEDULED
            else ""
        )
        raise Refused(f"Issue {issue_id} is {edition.state}: it cannot be {done} now.{hint}")
    db.session.commit()
    click.echo(f"Issue {issue_id} is {done}.")


def _order(issue: Issue, yes: bool, due_at: dt.datetime | None) -> Edition:
    from tasks import approvals, nudges

    count = audiences.count(issue.newsletter_id)
    subject, readers = core.as_read(issue.subject), "1 reader" if count == 1 else f"{count} readers"
    then = f"at {due_at.astimezone(clock.PARIS):%Y-%m-%d %H:%M} (Paris)" if due_at else "now"
    question = f"Send “{subject}” to {readers} {then}?"
    if not yes and sys.stdin.isatty() and not click.confirm(question):
        raise Refused("Nothing was sent.")
    edition = approvals.order(issue, due_at=due_at)
    db.session.commit()
    if edition is None:
        edition = editions.of_issue(issue)
        if edition is None:
            raise Refused("Somebody saved the issue a moment ago. Look at it, then send it again.")
        return edition
    if due_at is None:
        nudges.edition(edition.id)
        click.echo(f"Ordered: “{subject}” for {readers}.")
    else:
        click.echo(f"Scheduled: “{subject}” goes out {then}.")
    return edition


def _pictures(imported: Imported, folder: Path) -> dict[str, Image]:
    """The pictures that lie beside the text, kept; those that do not become remarks of the import."""
    names = {story.picture for _rubric, story in imported.stories if story.picture}
    found = {name: folder / name for name in names if Path(name).name == name}
    return {
        name: images.keep(path.read_bytes(), settings().media_dir)
        for name, path in found.items()
        if path.is_file()
    }


def _as_json(issue: Issue, remarks: list[Remark]) -> dict[str, object]:
    return {
        "id": issue.id,
        "number": issue.number,
        "subject": issue.subject,
        "stories": [{"rubric": each.rubric.anchor, "title": each.title} for each in issue.stories],
        "leftovers": issue.leftovers.splitlines(),
        "remarks": [
            {"line": each.line, "text": each.text, "says": str(each.sentence)} for each in remarks
        ],
    }


def _state(issue: Issue, edition: Edition | None) -> str:
    return str(edition.state if edition else issue.state)


def _at(edition: Edition | None) -> object:
    return edition.ordered_at if edition else None
