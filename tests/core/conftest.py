"""What the core says is compared as it is written in the code: in English, outside any request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask_babel import force_locale


@pytest.fixture(autouse=True)
def english(request: pytest.FixtureRequest) -> Iterator[None]:
    if "flask_app" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("flask_app")
    with force_locale("en"):
        yield
