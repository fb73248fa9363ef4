"""Visitors as they come in life: each request in a context and a database session of its own."""

from __future__ import annotations

import contextvars
from typing import Any

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.extensions import db


class Visitor(FlaskClient):
    """Leaves the test's own session out of the request, and no lock of it in the way.

    She chose English once (`app.language`): a page's words are then those that stand in the code.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self._cookies is not None:
            self.set_cookie("language", "en")

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if has_app_context():
            db.session.rollback()
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture
def flask_app(flask_app: Flask) -> Flask:
    flask_app.test_client_class = Visitor
    return flask_app


@pytest.fixture
def limited_app(limited_app: Flask) -> Flask:
    limited_app.test_client_class = Visitor
    return limited_app
