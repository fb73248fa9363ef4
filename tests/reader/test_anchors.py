"""Anchors of rubrics: none can be an id that the issue's page has for something else."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import anchors, corrections, newsletters
from app.core.errors import Invalid
from app.core.newsletters import Settings
from app.core.rubrics import MODEL, RubricPlan
from app.extensions import db
from app.models import CommentRule, RubricKind
from app.reader import sheets
from tests import people, rows, talks

ID = re.compile(r'\bid="([^"]*)"')
SETTINGS = Settings("N", "S", "s@hebdo.test")


def test_every_id_that_the_page_has_for_itself_is_kept_from_rubrics(
    flask_app: Flask, client: FlaskClient
) -> None:
    letter = people.newsletter()
    letter.comment_rule = CommentRule.HELD
    edition = people.edition(letter, 12)
    talks.said(edition.issue)
    corrections.add(edition.issue, "", "C’était lundi.")
    db.session.commit()
    ids = ID.findall(client.get("/archive/essentiel-ia/12").text)
    rubrics = sheets.lay_out(rows.text(letter)).rubrics
    of_rubrics = {each.anchor for each in rubrics} | {f"{each.anchor}-title" for each in rubrics}
    of_rubrics |= {story.anchor for rubric in rubrics for story in rubric.stories}
    own = set(ids) - of_rubrics
    assert len(ids) == len(set(ids))
    assert of_rubrics < set(ids)
    assert {"content", "react", "comments", "comment-1", "correction-1"} < own
    for each in own:
        assert not anchors.are_free([each])
        assert "_" in each or each.partition("-")[0] in anchors.OWN


@pytest.mark.parametrize(
    "taken",
    [
        *[[word] for word in sorted(anchors.OWN)],
        *(["correction-3"], ["comment-name"], ["une-title"], ["une-1"], ["une", "une"]),
        *([""], ["À la Une"], ["a--b"], ["-a"], ["csrf_token"]),
    ],
)
def test_a_rubric_cannot_take_an_id_of_the_page(flask_app: Flask, taken: list[str]) -> None:
    plans = [RubricPlan(RubricKind.BRIEFS, "Une rubrique", anchor) for anchor in taken]
    with pytest.raises(Invalid):
        newsletters.add("x", SETTINGS, plans)
    assert newsletters.find("x") is None


def test_the_models_rubrics_and_likely_others_keep_their_anchors() -> None:
    for plans in MODEL.values():
        assert anchors.are_free([plan.anchor for plan in plans])
    assert anchors.are_free(["a-la-une", "commentaires", "g7", "trois-questions", "titles"])
