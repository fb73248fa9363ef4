"""The writing page: every word is kept, whoever else writes, and whatever is refused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from app.core import images, imprints, issues, stories
from app.editor.issues import PAGE
from app.extensions import db
from app.models import Issue, Role, Story
from tests import desk, pages, people
from tests.core.test_images import SVG, picture, png_of
from tests.desk import Desk
from tests.papers import faulty, is_told_above, written


@pytest.fixture
def at_desk(flask_app: Flask) -> Desk:
    return desk.signed_in(flask_app)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


def url(issue: Issue) -> str:
    return f"/editor/issues/{issue.id}"


def briefs(issue: Issue) -> list[Story]:
    db.session.expire_all()
    return stories.of_rubric(issue, issue.newsletter.rubrics[1].id)


def test_a_new_desk_says_what_to_do_first(at_desk: Desk) -> None:
    assert "hebdo newsletters add" in at_desk.get("/editor/?lang=en").text


def test_a_new_issue_begins_with_the_next_number(at_desk: Desk, issue: Issue) -> None:
    answer = at_desk.post("/editor/issues/new", {"newsletter": "essentiel-ia"})
    assert answer.status_code == 303
    assert [each.number for each, _ in issues.listing()] == [2, 1]


def test_a_button_pressed_many_times_at_once_begins_one_issue(
    flask_app: Flask, at_desk: Desk, issue: Issue
) -> None:
    session = at_desk.client.get_cookie("hebdo")
    assert session is not None
    db.session.commit()

    def press(_n: int) -> str:
        other = flask_app.test_client()
        other.set_cookie("hebdo", session.value)
        form = {"newsletter": "essentiel-ia", "csrf_token": at_desk.token}
        return other.post("/editor/issues/new", data=form).headers["Location"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(press, range(8)))) == 1
    db.session.rollback()
    assert [each.number for each, _ in issues.listing()] == [2, 1]


def test_the_index_of_issues_has_pages_that_hold_each_issue_once(
    at_desk: Desk, issue: Issue
) -> None:
    for _ in range(PAGE):
        issues.create(issue.newsletter)
    db.session.commit()
    first = at_desk.get("/editor/").text
    assert "Earlier ones" in first
    assert "From the beginning" not in first
    oldest = max(map(int, re.findall(r"below=(\d+)", first)))
    second = at_desk.get(f"/editor/?below={oldest}").text
    assert "Earlier ones" not in second
    assert "From the beginning" in second
    shown = [re.findall(r'href="/editor/issues/(\d+)"', page) for page in (first, second)]
    assert [len(each) for each in shown] == [PAGE, 1]
    assert len({*shown[0], *shown[1]}) == PAGE + 1


def test_a_full_page_of_the_index_asks_the_database_no_more_than_one_of_a_single_issue(
    at_desk: Desk, issue: Issue
) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    def questions() -> int:
        asked.clear()
        assert at_desk.get("/editor/").status_code == 200
        return sum(each.startswith("SELECT") for each in asked)

    event.listen(db.engine, "before_cursor_execute", note)
    few = questions()
    for n in range(2, PAGE + 5):
        people.edition(issue.newsletter, n)
    assert questions() == few
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("below", ["0", "-1", "x", "9" * 30])
def test_an_index_from_nowhere_is_still_a_page(at_desk: Desk, issue: Issue, below: str) -> None:
    assert at_desk.get(f"/editor/?below={below}").status_code == 200


def test_several_newsletters_are_a_choice_that_must_be_made(at_desk: Desk, issue: Issue) -> None:
    desk.add_newsletter()
    refused = at_desk.post("/editor/issues/new")
    assert refused.status_code == 422
    assert faulty(refused.text) == ["newsletter"]
    assert at_desk.post("/editor/issues/new", {"newsletter": "nowhere"}).status_code == 422
    assert at_desk.post("/editor/issues/new", {"newsletter": "second"}).status_code == 303


def test_a_page_of_many_pictures_asks_the_database_no_more_than_one_of_few(
    at_desk: Desk, issue: Issue
) -> None:
    asked: list[str] = []
    path = url(issue)

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    def questions() -> int:
        asked.clear()
        assert at_desk.get(path).status_code == 200
        return sum(each.startswith("SELECT") for each in asked)

    event.listen(db.engine, "before_cursor_execute", note)
    few = questions()
    media = at_desk.flask_app.extensions["hebdo.settings"].media_dir
    for n, story in enumerate(issue.stories):
        story.image = images.keep(picture("PNG", (40 + n, 30)), media)
    db.session.commit()
    assert questions() == few
    event.remove(db.engine, "before_cursor_execute", note)


def test_one_save_keeps_the_words_of_all_stories(at_desk: Desk, issue: Issue) -> None:
    first, second, *_ = briefs(issue)
    form = desk.form_of(issue, subject="Un nouveau sujet")
    form |= {f"story-{first.id}-title": "Premier", f"story-{second.id}-body": "Un **corps**."}
    answer = at_desk.post(url(issue), form)
    assert answer.status_code == 303
    first, second, *_ = briefs(issue)
    assert (issue.subject, first.title, second.body) == (
        "Un nouveau sujet",
        "Premier",
        "Un **corps**.",
    )
    assert "Un nouveau sujet" in at_desk.get(url(issue)).text


def test_saving_the_page_as_it_stands_changes_nothing(at_desk: Desk, issue: Issue) -> None:
    def words() -> list[tuple[object, ...]]:
        db.session.expire_all()
        rows = sorted(issue.stories, key=lambda story: story.id)
        return [(s.rubric_id, s.position, s.title, s.body, s.link, s.image_name) for s in rows]

    before = words()
    assert at_desk.post(url(issue), desk.form_of(issue)).status_code == 303
    assert words() == before


def test_the_arrows_move_a_story_and_keep_what_was_typed(at_desk: Desk, issue: Issue) -> None:
    first, second, *_ = briefs(issue)
    form = desk.form_of(issue, do=f"down:{first.id}", **{f"story-{first.id}-title": "Retapé"})
    answer = at_desk.post(url(issue), form)
    assert answer.headers["Location"].endswith(f"#story-{first.id}")
    assert [each.id for each in briefs(issue)][:2] == [second.id, first.id]
    assert briefs(issue)[1].title == "Retapé"


def test_a_story_is_added_and_removed_by_its_buttons(at_desk: Desk, issue: Issue) -> None:
    rubric = issue.newsletter.rubrics[1]
    at_desk.post(url(issue), desk.form_of(issue, do=f"add:{rubric.id}"))
    assert len(briefs(issue)) == 6
    removed = briefs(issue)[0].id
    at_desk.post(url(issue), desk.form_of(issue, do=f"remove:{removed}"))
    assert removed not in [each.id for each in briefs(issue)]


def test_a_story_moves_to_another_rubric_by_its_menu(at_desk: Desk, issue: Issue) -> None:
    moved, links = briefs(issue)[0], issue.newsletter.rubrics[4]
    at_desk.post(url(issue), desk.form_of(issue, **{f"story-{moved.id}-rubric": links.id}))
    assert [each.id for each in stories.of_rubric(issue, links.id)][-1] == moved.id


def test_who_saves_second_is_told_and_loses_no_word(at_desk: Desk, issue: Issue) -> None:
    form = desk.form_of(issue, subject="Le mien")
    issues.save(issue, 1, issues.Words("Celui d'une autre", ""))
    db.session.commit()
    answer = at_desk.post(url(issue), form)
    assert answer.status_code == 409
    assert is_told_above(answer.text)
    assert 'value="Le mien"' in answer.text
    assert 'name="revision" value="2"' in answer.text
    db.session.expire_all()
    assert issue.subject == "Celui d'une autre"
    assert at_desk.post(url(issue), {**form, "revision": 2}).status_code == 303


def test_a_stale_page_is_told_so_even_after_another_mistake(at_desk: Desk, issue: Issue) -> None:
    issues.save(issue, 1, issues.Words("Celui d'une autre", ""))
    db.session.commit()
    refused = at_desk.post(url(issue), desk.form_of(issue, revision=1, subject="x" * 251))
    assert refused.status_code == 422
    assert 'name="revision" value="1"' in refused.text


def test_a_story_removed_meanwhile_comes_back_with_what_was_typed(
    at_desk: Desk, issue: Issue
) -> None:
    story = briefs(issue)[0]
    form = desk.form_of(issue, revision=1, **{f"story-{story.id}-title": "Retapé"})
    stories.remove(issue, story.id)
    db.session.commit()
    assert at_desk.post(url(issue), form).status_code == 303
    assert "Retapé" in [each.title for each in briefs(issue)]


def test_a_story_that_two_remove_does_not_come_back(at_desk: Desk, issue: Issue) -> None:
    story = briefs(issue)[0]
    form = desk.form_of(issue, revision=1, do=f"remove:{story.id}")
    title, count = story.title, len(issue.stories)
    stories.remove(issue, story.id)
    db.session.commit()
    assert at_desk.post(url(issue), form).status_code == 303
    assert title not in [each.title for each in briefs(issue)]
    assert len(issue.stories) == count - 1


def test_a_story_with_a_fault_can_be_removed(at_desk: Desk, issue: Issue) -> None:
    story_id = briefs(issue)[0].id
    too_long = {f"story-{story_id}-title": "x" * 1001}
    form = desk.form_of(issue, do=f"remove:{story_id}", **too_long)
    assert at_desk.post(url(issue), form).status_code == 303
    assert story_id not in [each.id for each in briefs(issue)]


def test_a_draft_of_hundreds_of_stories_can_be_saved_and_made_shorter(
    at_desk: Desk, issue: Issue
) -> None:
    """An import makes a story of every line under the wrong heading."""
    links = issue.newsletter.rubrics[4]
    for n in range(400):
        stories.append(issue, links).title = f"Ligne {n}"
    db.session.commit()
    last = stories.of_rubric(issue, links.id)[-1]
    assert last.title == "Ligne 399"
    form = desk.form_of(issue, do=f"remove:{last.id}", subject="Trop long")
    fields = {name: str(value) for name, value in form.items() if name != "story"}
    body = MultiDict([*fields.items(), *(("story", str(each)) for each in form["story"])])
    body["csrf_token"] = at_desk.token
    answer = at_desk.open(url(issue), method="POST", data=body, content_type="multipart/form-data")
    assert answer.status_code == 303
    db.session.expire_all()
    assert issue.subject == "Trop long"
    assert stories.of_rubric(issue, links.id)[-1].title == "Ligne 398"


def test_too_long_words_are_refused_beside_their_field_and_stay(
    at_desk: Desk, issue: Issue
) -> None:
    story = briefs(issue)[0]
    name = f"story-{story.id}-title"
    answer = at_desk.post(url(issue), desk.form_of(issue, subject="x" * 251, **{name: "y" * 1001}))
    assert answer.status_code == 422
    assert f'id="{name}-fault"' in answer.text
    assert 'id="subject-fault"' in answer.text
    assert "y" * 1001 in answer.text


def test_an_uploaded_picture_is_kept_and_shown(at_desk: Desk, issue: Issue) -> None:
    story = briefs(issue)[0]
    form = desk.form_of(issue)
    form[f"story-{story.id}-picture"] = (BytesIO(picture("JPEG")), "photo.jpg")
    assert at_desk.post(url(issue), form, content_type="multipart/form-data").status_code == 303
    story = briefs(issue)[0]
    assert story.image_name is not None
    assert story.image_name in at_desk.get(url(issue)).text
    form = desk.form_of(issue, **{f"story-{story.id}-without_picture": "on"})
    at_desk.post(url(issue), form)
    assert briefs(issue)[0].image_name is None


def pictured(at_desk: Desk, issue: Issue, kind: str = "JPEG") -> Story:
    """The first brief, with a picture."""
    form = desk.form_of(issue)
    form[f"story-{briefs(issue)[0].id}-picture"] = (BytesIO(picture(kind)), "photo")
    assert at_desk.post(url(issue), form, content_type="multipart/form-data").status_code == 303
    story = briefs(issue)[0]
    assert story.image_name is not None
    return story


def test_a_picture_ticked_away_goes_also_when_the_page_had_to_come_back(
    at_desk: Desk, issue: Issue
) -> None:
    story = pictured(at_desk, issue)
    tick = {f"story-{story.id}-without_picture": "on"}
    refused = at_desk.post(url(issue), desk.form_of(issue, subject="x" * 251, **tick))
    assert refused.status_code == 422
    assert (
        at_desk.post(url(issue), {**written(refused.text), "subject": "Court"}).status_code == 303
    )
    story = briefs(issue)[0]
    assert (issue.subject, story.image_name) == ("Court", None)


def test_another_picture_takes_the_place_of_one_ticked_away(at_desk: Desk, issue: Issue) -> None:
    story = pictured(at_desk, issue)
    before = story.image_name
    form = desk.form_of(issue, **{f"story-{story.id}-without_picture": "on"})
    form[f"story-{story.id}-picture"] = (BytesIO(picture("PNG", (90, 60))), "autre.png")
    assert at_desk.post(url(issue), form, content_type="multipart/form-data").status_code == 303
    assert briefs(issue)[0].image_name not in {before, None}


@pytest.mark.parametrize("content", [SVG, png_of(30_000, 30_000), b"hello"])
def test_a_refused_picture_is_said_and_the_words_are_kept(
    at_desk: Desk, issue: Issue, content: bytes
) -> None:
    story = briefs(issue)[0]
    form = desk.form_of(issue, subject="Gardé")
    form[f"story-{story.id}-picture"] = (BytesIO(content), "photo.png")
    answer = at_desk.post(url(issue), form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert f'id="story-{story.id}-picture-fault"' in answer.text
    db.session.expire_all()
    assert issue.subject == "Gardé"


def test_a_picture_survives_a_save_that_comes_second(at_desk: Desk, issue: Issue) -> None:
    story = briefs(issue)[0]
    form = desk.form_of(issue, revision=0)
    form[f"story-{story.id}-picture"] = (BytesIO(picture("PNG")), "photo.png")
    answer = at_desk.post(url(issue), form, content_type="multipart/form-data")
    assert answer.status_code == 409
    assert f'name="story-{story.id}-image"' in answer.text


def test_a_picture_as_a_telephone_takes_it_costs_nobody_the_words_beside_it(
    at_desk: Desk, issue: Issue
) -> None:
    first, second, *_ = (each.id for each in briefs(issue))
    form = desk.form_of(issue, subject="Gardé")
    for each, content in ((first, b"\xff" * (14 << 20)), (second, picture("JPEG"))):
        form[f"story-{each}-picture"] = FileStorage(BytesIO(content), "photo.jpg")
    # By hand: the test client leaves the file open that it makes of so much.
    edge, body = encode_multipart({**form, "csrf_token": at_desk.token})
    kind = f"multipart/form-data; boundary={edge}"
    answer = at_desk.open(url(issue), method="POST", data=body, content_type=kind)
    assert answer.status_code == 422
    fault = pages.element(answer.text, "p", id=f"story-{first}-picture-fault")
    assert fault["class"] == "fault"
    assert "This picture is too large: 10 MB at the most." in answer.text
    db.session.expire_all()
    assert issue.subject == "Gardé"
    assert briefs(issue)[1].image_name is not None


def test_a_form_without_end_is_answered_in_words(
    at_desk: Desk, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.editor.guard.MOST_BYTES", 1 << 20)
    body = b"--x\r\n" + b"\0" * (2 << 20)
    kind = "multipart/form-data; boundary=x"
    answer = at_desk.open(url(issue), method="POST", data=body, content_type=kind)
    assert answer.status_code == 413
    assert "<h1" in answer.text


def test_leftovers_stay_until_they_are_thrown_away(at_desk: Desk, issue: Issue) -> None:
    issue.leftovers = "Une ligne sans place"
    db.session.commit()
    assert "Une ligne sans place" in at_desk.get(url(issue)).text
    form = desk.form_of(issue, leftovers=issue.leftovers)
    at_desk.post(url(issue), form)
    db.session.expire_all()
    assert issue.leftovers == "Une ligne sans place"
    at_desk.post(url(issue), {**form, "revision": 2, "do": "without-leftovers"})
    db.session.expire_all()
    assert issue.leftovers == ""


def test_what_the_issue_lacks_leads_to_its_place(at_desk: Desk, issue: Issue) -> None:
    story = briefs(issue)[0]
    story.link = "exemple"
    db.session.commit()
    page = at_desk.get(url(issue)).text
    assert f'href="{url(issue)}#story-{story.id}-link"' in page
    assert f'id="story-{story.id}-link"' in page


def test_nobody_is_led_where_her_role_may_not_go(flask_app: Flask, issue: Issue) -> None:
    issue.newsletter.postal_address = ""
    imprints.keep(imprints.Particulars())
    db.session.commit()
    ways = (f"{url(issue)}/send", "/editor/newsletters/essentiel-ia", "/editor/imprint")
    seen = {}
    for role in Role:
        visitor = desk.signed_in(flask_app, role)
        page = visitor.get(url(issue)).text
        assert "no postal address" in page
        assert "legal notice is not complete" in page
        seen[role] = [way for way in ways if f'href="{way}"' in page]
        for way in seen[role]:
            assert visitor.get(way).status_code == 200
    assert seen == {Role.ADMIN: [*ways], Role.EDITOR: [ways[0]], Role.CONTRIBUTOR: []}


def test_a_page_that_was_sent_meanwhile_leads_to_how_far_it_is(at_desk: Desk, issue: Issue) -> None:
    form = desk.form_of(issue)
    at_desk.post(f"{url(issue)}/send", {"revision": 1})
    answer = at_desk.post(url(issue), form)
    assert answer.status_code == 409
    assert f'href="{url(issue)}/progress"' in answer.text
    assert f'href="{url(issue)}/send"' not in answer.text


def test_a_draft_can_be_deleted_and_then_is_gone(at_desk: Desk, issue: Issue) -> None:
    assert at_desk.post(f"{url(issue)}/delete", {"revision": 0}).status_code == 409
    assert at_desk.post(f"{url(issue)}/delete", {"revision": 1}).status_code == 303
    assert at_desk.get("/editor/issues/1").status_code == 404


def words_of(issue: Issue) -> list[tuple[str, ...]]:
    rows = sorted(issue.stories, key=lambda each: (each.rubric.position, each.position))
    return [
        (each.rubric.title, each.title, each.body, each.link, each.image_alt, each.image_credit)
        for each in rows
    ]


def test_what_was_typed_into_a_draft_deleted_meanwhile_makes_a_new_one(
    at_desk: Desk, issue: Issue
) -> None:
    where, words = url(issue), words_of(issue)
    form = desk.form_of(issue, subject="Le mien", leftovers="Une ligne sans place")
    issues.delete(issue, 1)
    db.session.commit()
    answer = at_desk.post(where, form)
    assert answer.status_code == 404
    assert "Somebody deleted this draft" in answer.text
    given = {each: value for each, value in written(answer.text).items() if each != "file"}
    page = at_desk.post("/editor/issues/import", given)
    assert page.status_code == 200
    made = issues.listing()[0][0]
    assert made.subject == "Le mien"
    assert words_of(made) == words
    assert made.leftovers == "Une ligne sans place"


def test_of_several_newsletters_the_deleted_drafts_own_is_chosen(
    at_desk: Desk, issue: Issue
) -> None:
    desk.add_newsletter("autre")
    where, form = url(issue), desk.form_of(issue)
    issues.delete(issue, 1)
    db.session.commit()
    assert written(at_desk.post(where, form).text)["newsletter"] == ["essentiel-ia"]


def test_nothing_typed_into_nothing_is_not_there(at_desk: Desk, issue: Issue) -> None:
    answer = at_desk.post("/editor/issues/999", {"do": "save", "subject": " "})
    assert answer.status_code == 404
    assert "textarea" not in answer.text


@pytest.mark.parametrize("issue_id", ["0", "999", str(2**63), str(2**80), "x"])
def test_an_issue_that_is_not_there_is_said_to_be_so(at_desk: Desk, issue_id: str) -> None:
    assert at_desk.get(f"/editor/issues/{issue_id}").status_code == 404


ODD_FORMS: list[dict[str, object]] = [
    {},
    {"revision": "x"},
    {"revision": "1" * 40},
    {"story": ["x", "-1", "9" * 30, ""]},
    {"story": "1"},
    {"story": "1", "story-1-rubric": "999"},
    {"do": "add:999"},
    {"do": "up:x"},
    {"do": "remove:999999"},
    {"do": "nonsense"},
    {"story": "1", "story-1-rubric": "1", "story-1-image": "../../etc/passwd"},
    {"story": "1", "story-1-rubric": "1", "story-1-image": "\x00"},
]


@pytest.mark.parametrize("form", ODD_FORMS)
def test_a_form_that_no_page_made_breaks_nothing(
    at_desk: Desk, issue: Issue, form: dict[str, object]
) -> None:
    answer = at_desk.post(url(issue), {"revision": 1, **form})
    assert answer.status_code in {303, 404, 409, 422}


def test_roles_are_named_on_the_editors_page(flask_app: Flask) -> None:
    admin = desk.signed_in(flask_app, Role.ADMIN)
    assert desk.ADDRESSES[Role.ADMIN] in admin.get("/editor/editors").text
