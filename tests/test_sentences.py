"""Sentences for people are text: what stands in them is shown, never run."""

from __future__ import annotations

from flask import Flask, render_template_string
from markupsafe import escape

from app.extensions import _


def test_what_is_typed_into_a_sentence_is_escaped_in_a_page(flask_app: Flask) -> None:
    sentence = _("There is no newsletter called “%(slug)s”.", slug="<script>alert(1)</script>")
    with flask_app.test_request_context("/"):
        assert "<script>" in str(sentence)
        assert "<script>" not in escape(sentence)
        assert "<script>" not in render_template_string("{{ sentence }}", sentence=sentence)
