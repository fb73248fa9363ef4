"""What an issue lacks is said in words, with the place where it is lacking."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core import checks, clock, imports, issues, newsletters, questions, stories
from app.core.newsletters import Settings
from app.extensions import db
from app.models import Image, Issue, QuestionKind, Rubric, Story
from tests.core.test_imports import PLAIN


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    newsletter = newsletters.add(
        "hebdo-test",
        Settings(
            "Hebdo Test",
            "La rédaction",
            "redaction@hebdo.test",
            publisher="Les Éditions",
            postal_address="1, rue du Port\n75001 Paris",
        ),
    )
    made, _ = issues.create_from(newsletter, imports.read(PLAIN, newsletter.rubrics))
    stories.append(made, newsletter.rubrics[1]).title = "Une troisième brève"
    db.session.flush()
    return made


def rubric(issue: Issue, position: int) -> Rubric:
    return issue.newsletter.rubrics[position]


def first(issue: Issue, position: int) -> Story:
    return stories.of_rubric(issue, rubric(issue, position).id)[0]


def said(issue: Issue) -> dict[str, str]:
    return {fault.where: str(fault) for fault in checks.faults(issue)}


def test_a_complete_issue_lacks_nothing(issue: Issue) -> None:
    assert said(issue) == {}


def test_a_missing_subject_is_said(issue: Issue) -> None:
    issue.subject = ""
    assert list(said(issue)) == ["subject"]


def test_too_few_stories_are_counted_in_words(issue: Issue) -> None:
    for story in stories.of_rubric(issue, rubric(issue, 1).id)[1:]:
        stories.remove(issue, story.id)
    assert said(issue) == {"rubric-actu": "“Dans l’actu” wants at least 3 stories; it has 1."}


def test_an_empty_story_counts_for_nothing(issue: Issue) -> None:
    story = first(issue, 0)
    story.title = story.body = ""
    assert said(issue) == {"rubric-une": "“À la Une” is empty, but no issue goes out without it."}


def test_too_many_stories_are_counted_in_words(issue: Issue) -> None:
    stories.append(issue, rubric(issue, 0)).title = "Une seconde Une"
    assert said(issue) == {"rubric-une": "“À la Une” takes at most 1 stories; it has 2."}


def test_an_empty_rubric_that_is_not_required_is_allowed(issue: Issue) -> None:
    assert not stories.of_rubric(issue, rubric(issue, 2).id)
    assert "rubric-image" not in said(issue)


@pytest.mark.parametrize("link", ["exemple.fr", "javascript:alert(1)", "ftp://a.fr", "https://"])
def test_a_link_that_leads_nowhere_is_named(issue: Issue, link: str) -> None:
    story = first(issue, 0)
    story.link = link
    assert list(said(issue)) == [f"story-{story.id}-link"]


def test_a_link_in_the_text_that_leads_nowhere_is_named(issue: Issue) -> None:
    story = first(issue, 0)
    story.body = "Voir [ici](exemple.fr) et \\[pas ceci](x)."
    assert "exemple.fr" in said(issue)[f"story-{story.id}-body"]


def test_a_picture_needs_words(issue: Issue) -> None:
    story = stories.append(issue, rubric(issue, 2))
    story.title = "Vue du ciel"
    assert f"story-{story.id}-picture" in [each.where for each in checks.advice(issue)]
    story.image = Image(
        name="0" * 64 + ".png",
        media_type="image/png",
        width=1,
        height=1,
        size=1,
        created_at=clock.now(),
    )
    assert list(said(issue)) == [f"story-{story.id}-image_alt"]


@pytest.mark.parametrize("field", ["sender_name", "sender_address", "publisher", "postal_address"])
def test_an_issue_cannot_go_out_without_what_the_law_asks(issue: Issue, field: str) -> None:
    setattr(issue.newsletter, field, " ")
    assert list(said(issue)) == ["newsletter"]


def test_advice_keeps_nothing_from_going_out(issue: Issue) -> None:
    issue.leftovers = "une ligne"
    where = [each.where for each in checks.advice(issue)]
    assert where == [
        "preheader",
        # Nobody has filled in the legal notice here.
        "imprint",
        "leftovers",
        f"story-{first(issue, 4).id}-link",
    ]
    assert said(issue) == {}


def test_a_name_in_braces_that_no_copy_could_fill_keeps_the_issue_back(issue: Issue) -> None:
    story = first(issue, 0)
    issue.subject, story.body = "Pour {{ville}}", "Bonjour {{prenom|toi}}"
    assert set(said(issue)) == {"subject", f"story-{story.id}-body"}
    assert "there is first_name" in said(issue)["subject"]
    story.body = r"Bonjour {{first_name|toi}}, on écrit \{\{ prenom }}"
    assert set(said(issue)) == {"subject"}
    plan = questions.QuestionPlan("ville", QuestionKind.TEXT, "Ville")
    questions.add(issue.newsletter, plan)
    assert said(issue) == {}
