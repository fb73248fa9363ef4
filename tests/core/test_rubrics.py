"""A newsletter's rubrics: what may change of them, and that nothing written is lost with one."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask

from app.core import checks, issues, rubrics, stories
from app.core.errors import Conflict, Invalid, NotFound
from app.core.rubrics import RubricPlan
from app.core.stories import StoryWords
from app.extensions import db
from app.models import Issue, Newsletter, Rubric, RubricKind
from tasks import texts
from tests import desk, people

PLAN = RubricPlan(RubricKind.TEXT, "Le mot de la fin", "fin", least=1, most=1)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


@pytest.fixture
def letter(issue: Issue) -> Newsletter:
    return issue.newsletter


def titles(found: list[Rubric]) -> list[str]:
    return [each.title for each in found]


def printed(issue: Issue) -> list[str]:
    return [each.title for each in texts.of_issue(issue).rubrics]


def test_a_rubric_added_stands_behind_the_others_also_in_drafts(issue: Issue) -> None:
    made = rubrics.add(issue.newsletter, PLAN)
    db.session.commit()
    assert issue.newsletter.rubrics[-1] is issue.rubrics[-1] is made
    assert rubrics.plan_of(made) == PLAN
    stories.append(issue, made).body = "À la semaine prochaine."
    assert printed(issue)[-1] == "Le mot de la fin"


@pytest.mark.parametrize(
    ("changes", "faulty"),
    [
        ({"title": " \u200b"}, {"title"}),
        ({"title": "x" * 201}, {"title"}),
        ({"title": "Pour {{prenom}}"}, {"title"}),
        ({"anchor": ""}, {"anchor"}),
        ({"anchor": "Fin"}, {"anchor"}),
        ({"anchor": "comments"}, {"anchor"}),
        ({"anchor": "fin-2"}, {"anchor"}),
        ({"anchor": "x" * 41}, {"anchor"}),
        ({"anchor": "une"}, {"anchor"}),
        ({"least": 2}, {"least"}),
        ({"least": -1}, {"least"}),
        ({"most": 101}, {"most"}),
        ({"least": 0, "most": 0}, {"most"}),
    ],
)
def test_a_rubric_that_could_not_be_is_refused_field_by_field(
    letter: Newsletter, changes: dict[str, object], faulty: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        rubrics.add(letter, dataclasses.replace(PLAN, **changes))  # type: ignore[arg-type]
    assert set(refused.value.faults) == faulty
    assert len(letter.rubrics) == 5


def test_a_title_may_hold_what_readers_have(letter: Newsletter) -> None:
    people.asks(letter)
    title = "Pour {{first_name|vous}}, à {{ville|la maison}}"
    assert rubrics.add(letter, dataclasses.replace(PLAN, title=title)).title == title


def test_title_and_rules_change_in_drafts_and_kind_and_anchor_never(issue: Issue) -> None:
    briefs = issue.newsletter.rubrics[1]
    plan = dataclasses.replace(PLAN, title="Brèves", required=False, least=1, most=2)
    rubrics.change(briefs, plan)
    db.session.commit()
    assert rubrics.plan_of(briefs) == dataclasses.replace(
        plan, kind=RubricKind.BRIEFS, anchor="actu"
    )
    assert "Brèves" in printed(issue)
    assert any("at most 2 stories" in str(fault) for fault in checks.faults(issue))
    with pytest.raises(Invalid):
        rubrics.change(briefs, dataclasses.replace(plan, most=0))


def test_the_order_is_that_of_the_issue_and_ends_hold(issue: Issue) -> None:
    letter = issue.newsletter
    before = titles(letter.rubrics)
    rubrics.move(letter.rubrics[0], -1)
    rubrics.move(letter.rubrics[-1], 1)
    assert titles(letter.rubrics) == before
    rubrics.move(letter.rubrics[1], -1)
    db.session.commit()
    wanted = [before[1], before[0], *before[2:]]
    assert titles(letter.rubrics) == titles(issue.rubrics) == printed(issue) == wanted


def test_a_retired_rubric_stays_where_something_is_written_and_is_in_no_new_issue(
    issue: Issue,
) -> None:
    letter = issue.newsletter
    links = letter.rubrics[-1]
    before = printed(issue)
    for _twice in range(2):
        rubrics.retire(links)
        db.session.commit()
    assert links.title not in titles(letter.rubrics)
    assert rubrics.retired(letter) == [links]
    assert printed(issue) == before
    assert links not in issues.create(letter).rubrics
    for story in stories.of_rubric(issue, links.id):
        stories.remove(issue, story.id)
    assert printed(issue) == before[:-1]
    assert links not in issue.rubrics


def test_an_empty_rubric_that_was_required_stops_no_issue_once_it_is_retired(issue: Issue) -> None:
    made = rubrics.add(issue.newsletter, dataclasses.replace(PLAN, required=True))
    assert any("is empty" in str(fault) for fault in checks.faults(issue))
    rubrics.retire(made)
    assert checks.faults(issue) == []


def test_words_typed_into_a_rubric_while_it_was_retired_are_kept_and_printed(issue: Issue) -> None:
    made = rubrics.add(issue.newsletter, PLAN)
    moved = stories.of_rubric(issue, issue.newsletter.rubrics[1].id)[0]
    rubrics.retire(made)
    db.session.commit()
    stories.write(issue, [StoryWords(moved.id, made.id, title="Au revoir", body="À bientôt.")])
    assert printed(issue)[-1] == PLAN.title


def test_one_that_is_brought_back_stands_behind_the_others(letter: Newsletter) -> None:
    lead = letter.rubrics[0]
    rubrics.retire(lead)
    with pytest.raises(Invalid) as refused:
        rubrics.add(letter, dataclasses.replace(PLAN, anchor=lead.anchor))
    assert "bring that one back" in str(refused.value.faults["anchor"])
    rubrics.move(letter.rubrics[0], 1)
    for _twice in range(2):
        rubrics.bring_back(lead)
        db.session.commit()
    assert letter.rubrics[-1] is lead
    assert len({each.position for each in letter.every_rubric}) == 5


def test_an_issue_keeps_one_rubric_and_has_room_for_twenty(letter: Newsletter) -> None:
    for each in letter.rubrics[1:]:
        rubrics.retire(each)
    with pytest.raises(Conflict):
        rubrics.retire(letter.rubrics[0])
    last = rubrics.retired(letter)[0]
    for number in range(rubrics.MOST - 1):
        rubrics.add(letter, dataclasses.replace(PLAN, anchor=f"a{number}"))
    with pytest.raises(Conflict):
        rubrics.add(letter, PLAN)
    with pytest.raises(Conflict):
        rubrics.bring_back(last)


def test_a_rubric_is_found_in_its_own_newsletter_alone(letter: Newsletter) -> None:
    other = people.newsletter("autre")
    found = letter.rubrics[0]
    assert rubrics.get(letter, found.id) is found
    for owner, number in ((other, found.id), (letter, 10**6), (letter, 2**63)):
        with pytest.raises(NotFound):
            rubrics.get(owner, number)
