"""Copies of one print for readers who want only some rubrics, or text alone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as some

from emails import borders, compose, render, typed
from emails.values import Print
from tests.emails.samples import ISSUE, LEA, MASTHEAD

SENT_AT = dt.datetime(2026, 11, 24, 6, 30, tzinfo=dt.UTC)
PRINTED = render.print_issue(ISSUE)
SKELETON = compose.compile_issue(PRINTED, MASTHEAD, SENT_AT)
ANCHORS = [rubric.anchor for rubric in ISSUE.rubrics]


def test_the_whole_copy_is_that_of_the_print_without_its_borders() -> None:
    bare = Print(
        PRINTED.subject,
        borders.erase(PRINTED.html),
        borders.erase(PRINTED.text),
        PRINTED.digest,
    )
    smooth = compose.compile_issue(bare, MASTHEAD, SENT_AT).fill(LEA).data
    seal = re.compile(rb"=_[0-9a-f]{24}")
    assert seal.sub(b"", SKELETON.fill(LEA).data) == seal.sub(b"", smooth)
    assert SKELETON.variant(frozenset()).pieces == SKELETON.pieces


def test_no_border_goes_out() -> None:
    reading = compose.read(SKELETON.fill(LEA).data)
    assert not re.search("[\ue000-\uf8ff]", reading.html + reading.text + reading.subject)


@given(some.sets(some.sampled_from(ANCHORS)))
def test_hidden_rubrics_are_left_out_of_both_parts_and_all_else_stays(hidden: set[str]) -> None:
    reading = compose.read(SKELETON.variant(frozenset(hidden)).fill(LEA).data)
    for rubric in ISSUE.rubrics:
        stands = rubric.anchor not in hidden
        assert (f'id="{rubric.anchor}"' in reading.html) is stands
        assert (rubric.title.upper() in " ".join(reading.text.split())) is stands
    assert f"/unsubscribe/{LEA.token}" in reading.html
    assert f"/unsubscribe/{LEA.token}" in reading.text
    assert reading.html.count("<!--[if") == reading.html.count("<![endif]")
    assert reading.html.count("<div") == reading.html.count("</div>")


def test_what_is_left_stands_byte_for_byte_in_the_whole_copy() -> None:
    whole = SKELETON.fill(LEA).data
    part = SKELETON.variant(frozenset(ANCHORS[1:3])).fill(LEA).data
    rest = whole
    for line in part.splitlines(keepends=True):
        _before, found, rest = rest.partition(line)
        assert found, line


@pytest.mark.parametrize("hidden", [frozenset(), frozenset(ANCHORS[:2])])
def test_text_alone_is_a_mail_of_one_part(hidden: frozenset[str]) -> None:
    data = SKELETON.variant(hidden, text_only=True).fill(LEA).data
    message = message_from_bytes(data, policy=policy.default)
    assert message.get_content_type() == "text/plain"
    assert not message.is_multipart()
    assert b"<table" not in data
    rich = compose.read(SKELETON.variant(hidden).fill(LEA).data)
    assert compose.read(data).text == rich.text
    assert (
        dict(compose.read(data).headers)["List-Unsubscribe"]
        == dict(rich.headers)["List-Unsubscribe"]
    )
    assert data.endswith(b"\r\n")
    assert not data.endswith(b"\r\n\r\n")


def test_nobody_can_type_a_border() -> None:
    forged = replace(
        ISSUE.rubrics[0].stories[0], title="a", body="avant\n\n\ue002actu\ue003\n\naprès"
    )
    rubric = replace(ISSUE.rubrics[0], stories=(forged,))
    skeleton = compose.compile_issue(
        render.print_issue(replace(ISSUE, rubrics=(rubric,))), MASTHEAD, SENT_AT
    )
    reading = compose.read(skeleton.variant(frozenset({"actu"})).fill(LEA).data)
    assert "après" in reading.text
    assert typed.line("\ue002\ue003") == "\ufffd\ufffd"


def test_an_anchor_that_is_none_makes_no_border() -> None:
    rubric = replace(ISSUE.rubrics[0], anchor="É vil\ue003")
    printed = render.print_issue(replace(ISSUE, rubrics=(rubric,)))
    assert printed.html.count(borders.OPEN) == 1
