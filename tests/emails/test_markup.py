"""Markdown becomes HTML that is safe anywhere and text that reads well."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from emails import markup
from emails.passages import WIDTH


def test_tags_that_are_typed_come_out_as_text() -> None:
    assert markup.html("a <b onclick=x>b</b> &amp; <!-- c -->") == (
        "<p>a &lt;b onclick=x&gt;b&lt;/b&gt; &amp; &lt;!-- c --&gt;</p>"
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example",
        "/relative",
        "file:///etc/passwd",
        "&#106;avascript:alert(1)",
        "https:",
    ],
)
def test_links_lead_to_the_web_or_to_mail_and_nowhere_else(url: str) -> None:
    assert "<a" not in markup.html(f"[label]({url})")
    assert "label" in markup.html(f"[label]({url})")
    assert markup.safe_link(url) == ""


def test_good_links_are_kept() -> None:
    assert markup.html("[un](https://a.example/?b=1&c=2)") == (
        '<p><a href="https://a.example/?b=1&amp;c=2" rel="noopener">un</a></p>'
    )
    assert 'href="mailto:a@b.example"' in markup.html("<a@b.example>")


def test_headings_pictures_and_raw_blocks_leave_the_frame_alone() -> None:
    html = markup.html("# Titre\n\n---\n\n    code\n\n```\nfence\n```")
    assert html.startswith("<p><strong>Titre</strong></p>")
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "strong", "code"}


def test_a_slot_is_never_read_as_markdown() -> None:
    assert markup.html("Cher {{first_name|_ami_ *et* amie}}") == "<p>Cher _ami_ *et* amie</p>"
    assert markup.html("`{{first_name|x}}`") == "<p><code>{{first_name|x}}</code></p>"
    assert "%7B%7Bfirst_name" in markup.html("[a](https://a.example/{{first_name|x}})")


def test_text_reads_well() -> None:
    markdown = """Un **gras** et un *penché*, [un lien](https://a.example/1) et <https://b.example>.

# Titre

- un élément assez long pour passer à la ligne suivante parce qu'il dépasse la largeur
- deux
  1. premier
  2. second

> Une citation
> sur deux lignes
"""
    assert (
        markup.text(markdown)
        == """Un *gras* et un _penché_, un lien [1] et https://b.example.

Titre

- un élément assez long pour passer à la ligne suivante parce qu'il
  dépasse la largeur
- deux
  1. premier
  2. second

> Une citation sur deux lignes

[1] https://a.example/1"""
    )


@given(some.text(alphabet="ab \n\t-*_[]()<>!`#1.&{}|\\é:/'\"=~", max_size=200))
def test_no_markdown_brings_a_live_tag_or_breaks_the_page(markdown: str) -> None:
    html = markup.open_html(markdown)
    assert set(re.findall(r"<(\w+)", html)) <= markup.TAGS
    for line in markup.text(markdown).split("\n"):
        assert len(line) <= WIDTH or max(map(len, line.split())) > WIDTH // 2
