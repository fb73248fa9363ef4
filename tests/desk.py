"""An editor at her desk, for tests: signed in by the real form, pressing the page's own buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import editors, issues, newsletters, samples, stories
from app.extensions import db
from app.models import Editor, Issue, Role

WORD = "un mot de passe long"
ADDRESSES = {role: f"{role.value}@hebdo.example" for role in Role}

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Desk:
    """A browser at the desk. Each request has a context of its own, as in the real server."""

    flask_app: Flask
    client: FlaskClient = field(init=False)
    token: str = ""
    language: str = "en"
    """What her browser asks for; in English, a page's words are those that stand in the code."""

    def __post_init__(self) -> None:
        self.client = self.flask_app.test_client()
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = self.language

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.open(path, method="GET", **how)

    def post(self, path: str, data: dict[str, Any] | None = None, **how: Any) -> TestResponse:
        """A form as the page would send it, with its token."""
        return self.open(
            path, method="POST", data={"csrf_token": self.token, **(data or {})}, **how
        )

    def open(self, path: str, **how: Any) -> TestResponse:
        # No transaction of the test stays open: SQLite would let the request wait for it.
        db.session.rollback()
        with self.flask_app.app_context():
            return self.client.open(path, **how)

    def sign_in(self, address: str, word: str = WORD) -> TestResponse:
        self.token = token(self.get("/editor/sign-in"))
        answer = self.post("/editor/sign-in", {"address": address, "password": word})
        if answer.status_code == 303:
            self.token = token(self.get("/editor/"))
        return answer


def token(page: TestResponse) -> str:
    found = _TOKEN.search(page.text)
    assert found is not None, page.text
    return found[1]


def editor(role: Role = Role.EDITOR) -> Editor:
    """An editor of this role, committed."""
    made = editors.add(ADDRESSES[role], f"{role.value.title()} Martin", role, WORD)
    db.session.commit()
    return made


def signed_in(flask_app: Flask, role: Role = Role.EDITOR, language: str = "en") -> Desk:
    editor(role)
    desk = Desk(flask_app, language=language)
    assert desk.sign_in(ADDRESSES[role]).status_code == 303
    return desk


def draft(flask_app: Flask) -> Issue:
    """The sample newsletter's complete draft, committed, with its 25 readers."""
    newsletter = samples.plant(flask_app.extensions["hebdo.settings"].media_dir)
    db.session.commit()
    return issues.listing(newsletter)[0][0]


def form_of(issue: Issue, **changes: Any) -> dict[str, Any]:
    """The writing page's form as the issue stands, with some fields changed."""
    form: dict[str, Any] = {
        "revision": issue.revision,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "story": [story.id for story in issue.stories],
    }
    for story in issue.stories:
        name = f"story-{story.id}"
        form |= {f"{name}-{each}": getattr(story, each) for each in stories.LONGEST}
        form[f"{name}-rubric"] = story.rubric_id
        form[f"{name}-image"] = story.image_name or ""
    return {**form, **changes}


def add_newsletter(slug: str = "second") -> None:
    newsletters.add(slug, newsletters.Settings("Second", "La rédaction", "lettre@hebdo.example"))
    db.session.commit()
