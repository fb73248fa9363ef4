"""Issues and their stories: numbers, saving, the optimistic lock, places."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import clock, editions, imports, issues, newsletters, stories
from app.core.errors import Conflict, Invalid, NotFound
from app.core.issues import Words
from app.core.newsletters import Settings
from app.core.stories import StoryWords
from app.extensions import db
from app.models import Image, Issue, Newsletter, RubricKind, Story
from tests.core.test_imports import PLAIN
from tests.core.test_markdown_imports import MARKDOWN
from tests.emails.samples import ISSUE


@pytest.fixture
def newsletter(flask_app: Flask) -> Newsletter:
    made = newsletters.add(
        "hebdo-test", Settings("Hebdo Test", "La rédaction", "redaction@hebdo.test")
    )
    db.session.commit()
    return made


@pytest.fixture
def issue(newsletter: Newsletter) -> Issue:
    made = issues.create(newsletter)
    db.session.commit()
    return made


def briefs(issue: Issue, *titles: str) -> list[Story]:
    rubric = issue.newsletter.rubrics[1]
    for title in titles:
        stories.append(issue, rubric).title = title
    db.session.commit()
    return stories.of_rubric(issue, rubric.id)


def titles(issue: Issue) -> list[str]:
    return [story.title for story in stories.of_rubric(issue, issue.newsletter.rubrics[1].id)]


def test_numbers_go_up_by_one_and_are_never_given_twice(newsletter: Newsletter) -> None:
    assert [issues.create(newsletter).number for _ in range(2)] == [1, 2]
    issues.create(newsletter, 40)
    assert issues.create(newsletter).number == 41
    with pytest.raises(Conflict):
        issues.create(newsletter, 40)


def test_a_newsletter_starts_with_the_models_rubrics(newsletter: Newsletter) -> None:
    assert [rubric.title for rubric in newsletter.rubrics] == [
        "À la Une",
        "Dans l’actu",
        "L’image de la semaine",
        "Les entretiens qui ont rythmé l’actu",
        "Et aussi",
    ]


def test_saving_keeps_every_word_and_counts_a_revision(issue: Issue) -> None:
    (story,) = briefs(issue, "Ancien")
    words = StoryWords(story.id, story.rubric_id, "Nouveau\x00", "Un\r\ncorps\x07", "https://a.fr")
    issues.save(issue, 1, Words("Sujet\nsur deux lignes", "Accroche", stories=(words,)))
    db.session.commit()
    db.session.expire_all()
    assert (issue.subject, issue.preheader) == ("Sujet sur deux lignes", "Accroche")
    assert (story.title, story.body, story.link) == ("Nouveau", "Un\ncorps", "https://a.fr")
    assert issue.revision == 2


def test_saving_over_a_newer_save_is_told_and_changes_nothing(issue: Issue) -> None:
    issues.save(issue, 1, Words("Le premier", ""))
    db.session.commit()
    with pytest.raises(Conflict, match="Somebody saved"):
        issues.save(issue, 1, Words("Le second", ""))
    db.session.rollback()
    assert issue.subject == "Le premier"


def test_an_issue_that_somebody_deletes_meanwhile_is_gone_and_no_fault(issue: Issue) -> None:
    number = issue.id
    # Behind the session's back, as another process would.
    db.session.execute(text("DELETE FROM issue WHERE id = :id"), {"id": number})
    with pytest.raises(NotFound, match="deleted"):
        issues.save(issue, 1, Words("Trop tard", ""))


def test_an_ordered_issue_is_past_changing(issue: Issue) -> None:
    assert editions.order(issue, ISSUE, "0" * 64) is not None
    db.session.commit()
    with pytest.raises(Conflict, match="cannot change"):
        issues.save(issue, issue.revision, Words("Trop tard", ""))
    with pytest.raises(Conflict):
        issues.delete(issue, issue.revision)


def test_too_long_words_are_named_by_their_fields(issue: Issue) -> None:
    (story,) = briefs(issue, "Titre")
    words = StoryWords(story.id, story.rubric_id, "x" * 1001)
    with pytest.raises(Invalid) as refused:
        issues.save(issue, 1, Words("s" * 251, "", stories=(words,)))
    assert set(refused.value.faults) == {"subject", f"story-{story.id}-title"}
    assert issue.revision == 1


def test_stories_move_within_their_rubric_and_stop_at_its_ends(issue: Issue) -> None:
    first, _, third = briefs(issue, "un", "deux", "trois")
    stories.shift(issue, third.id, -1)
    assert titles(issue) == ["un", "trois", "deux"]
    stories.shift(issue, first.id, -1)
    assert titles(issue) == ["un", "trois", "deux"]
    stories.shift(issue, first.id, 5)
    assert titles(issue) == ["trois", "deux", "un"]


def test_removing_a_story_closes_the_gap_and_twice_is_once(issue: Issue) -> None:
    first, *_ = briefs(issue, "un", "deux", "trois")
    stories.remove(issue, first.id)
    stories.remove(issue, first.id)
    db.session.commit()
    rows = stories.of_rubric(issue, issue.newsletter.rubrics[1].id)
    assert [(row.title, row.position) for row in rows] == [("deux", 0), ("trois", 1)]


def test_a_story_moves_to_the_end_of_another_rubric(issue: Issue) -> None:
    first, *_ = briefs(issue, "un", "deux")
    links = issue.newsletter.rubrics[4]
    stories.append(issue, links).title = "lien"
    issues.save(issue, 1, Words("", "", stories=(StoryWords(first.id, links.id, "un"),)))
    assert [story.title for story in stories.of_rubric(issue, links.id)] == ["lien", "un"]
    assert titles(issue) == ["deux"]


def test_a_story_removed_by_somebody_else_comes_back_with_its_words(issue: Issue) -> None:
    (story,) = briefs(issue, "un")
    rubric_id, story_id = story.rubric_id, story.id
    stories.remove(issue, story_id)
    issues.save(issue, 1, Words("", "", stories=(StoryWords(story_id, rubric_id, "retapé"),)))
    assert titles(issue) == ["retapé"]


def test_a_rubric_of_another_newsletter_is_refused(issue: Issue) -> None:
    (story,) = briefs(issue, "un")
    with pytest.raises(NotFound):
        issues.save(issue, 1, Words("", "", stories=(StoryWords(story.id, 999_999, "x"),)))


def test_an_import_becomes_a_draft_with_its_stories(newsletter: Newsletter) -> None:
    imported = imports.read(PLAIN, newsletter.rubrics)
    issue, remarks = issues.create_from(newsletter, imported)
    db.session.commit()
    db.session.expire_all()
    kinds = [story.rubric.kind for story in issue.stories]
    assert issue.subject == "Le titre du numéro"
    assert newsletter.tagline == "Chaque semaine, l'essentiel"
    assert kinds.count(RubricKind.BRIEFS) == 2
    assert [remark.text for remark in remarks] == ["L’image de la semaine", "Réagir"]


def test_a_tagline_that_replaces_another_is_said(newsletter: Newsletter) -> None:
    newsletter.tagline = "Une autre devise"
    _, remarks = issues.create_from(newsletter, imports.read(PLAIN, newsletter.rubrics))
    said = {remark.text: str(remark.sentence) for remark in remarks}
    assert "Une autre devise" in said["Chaque semaine, l'essentiel"]


def test_an_imported_number_that_is_taken_becomes_the_next_free_one(
    newsletter: Newsletter,
) -> None:
    imported = imports.read(MARKDOWN, newsletter.rubrics)
    first, _ = issues.create_from(newsletter, imported)
    second, remarks = issues.create_from(newsletter, imported)
    assert (first.number, second.number) == (42, 43)
    assert any(remark.text == "42" for remark in remarks)
    assert second.leftovers.split("\n")[0] == "mood: sunny"


@pytest.mark.parametrize("slug", ["", "Été", "a b", "-a", "a--b", "a" * 61])
def test_a_slug_that_cannot_stand_in_an_address_is_refused(flask_app: Flask, slug: str) -> None:
    with pytest.raises(Invalid):
        newsletters.add(slug, Settings("N", "S", "s@hebdo.test"))


def test_a_newsletters_faulty_settings_are_all_named_at_once(flask_app: Flask) -> None:
    with pytest.raises(Invalid) as refused:
        newsletters.add("x", Settings("", "", "nobody", accent="red", language="de"))
    assert set(refused.value.faults) == {
        "name",
        "sender_name",
        "sender_address",
        "accent",
        "language",
    }


def test_a_picture_that_is_not_at_hand_is_named_at_its_line(newsletter: Newsletter) -> None:
    imported = imports.read(MARKDOWN, newsletter.rubrics)
    _, remarks = issues.create_from(newsletter, imported)
    lines = {remark.text: remark.line for remark in remarks}
    assert MARKDOWN.splitlines()[lines["champ.png"] - 1] == "### Vue du ciel"
    image = Image(
        name="0" * 64 + ".png",
        media_type="image/png",
        width=1,
        height=1,
        size=1,
        created_at=clock.now(),
    )
    issue, remarks = issues.create_from(newsletter, imported, {"champ.png": image})
    assert "champ.png" not in [remark.text for remark in remarks]
    assert image in [story.image for story in issue.stories]
