"""The desk's frame says where one is, and a page that could not be leads back to the desk."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.models import Role
from tests import desk


def marked(page: str) -> list[str]:
    """The entries of the desk's navigation that are marked as the place one is at."""
    return re.findall(r'<a href="(/editor/[a-z]*)" aria-current="true">', page)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_every_page_of_the_desk_is_marked_in_its_navigation(flask_app: Flask) -> None:
    at_desk = desk.signed_in(flask_app, Role.ADMIN)
    issue = desk.draft(flask_app)
    own, letter = f"/editor/issues/{issue.id}", "/editor/newsletters/essentiel-ia"
    at_desk.post(f"{own}/send", {"revision": 1})
    pages = {
        "/editor/": ["/editor/", "/editor/issues/new", "/editor/issues/import"]
        + [f"{own}/{page}" for page in ("progress", "preview", "web")],
        "/editor/newsletters": ["/editor/newsletters", "/editor/imprint", letter]
        + [
            f"{letter}/{page}"
            for page in ("departures", "front", "rubrics", "questions", "embedding")
        ],
        "/editor/comments": ["/editor/comments", f"{letter}/comments"],
        "/editor/editors": ["/editor/editors"],
    }
    for entry, paths in pages.items():
        for path in paths:
            answer = at_desk.get(path)
            assert (path, answer.status_code, marked(answer.text)) == (path, 200, [entry])


def test_what_is_not_at_the_desk_leads_back_to_it(flask_app: Flask) -> None:
    at_desk = desk.signed_in(flask_app)
    for answer in (at_desk.get("/editor/issues/999"), at_desk.get("/editor/nowhere")):
        assert answer.status_code == 404
        assert 'href="/editor/">To the desk' in answer.text
        assert '<a class="wordmark" href="/editor/">' in answer.text
        assert "My subscription" not in answer.text
    nowhere = at_desk.get("/nowhere").text
    assert "To the front page" in nowhere
    assert '<a class="wordmark" href="/">' in nowhere
