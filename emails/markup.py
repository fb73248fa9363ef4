"""Markdown as editors type it → HTML safe for mail and web, and text that reads well.

Two locks, one after the other: the parser has HTML switched off (tags come out as text), and nh3
then lets through only the few elements below. Links lead to http, https or mailto; anything else
stays as the words it was typed in. Pictures have a field of their own with credit and alternative
text, so Markdown images, like raw code blocks and rules, are text here. Headings become a bold
line: a story stands under its own title, and the order of headings belongs to the frame.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from emails import passages, slots, typed

_BLANKS = re.compile(r"[ \t\r\n]+")
"""Not those that do not break: they stay where they were set."""

SCHEMES = frozenset({"http", "https", "mailto"})
TAGS = frozenset({"p", "br", "strong", "em", "a", "ul", "ol", "li", "blockquote", "code"})


def html(markdown: str) -> str:
    """HTML for pages, where no reader is known: slots show their fallback."""
    return slots.close(open_html(markdown))


def open_html(markdown: str) -> str:
    """HTML for a print: slots stay open."""
    loose: str = _PARSER.render(typed.paragraphs(markdown))
    return nh3.clean(
        loose,
        tags=set(TAGS),
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=set(SCHEMES),
        link_rel="noopener",
        url_relative="deny",
    ).strip()


def words(markdown: str) -> str:
    """The words alone on one line, without signs or addresses; slots show their fallback."""
    bare = unescape(nh3.clean(html(markdown), tags=set()))
    return " ".join(part for part in _BLANKS.split(bare) if part)


def text(markdown: str) -> str:
    """Plain text, links as numbered notes beneath; slots show their fallback."""
    notes = passages.Notes()
    body = slots.close(open_text(markdown, notes))
    return "\n\n".join(filter(None, (body, notes.take())))


def open_text(markdown: str, notes: passages.Notes) -> str:
    """Plain text for a print: slots stay open, links are handed to `notes` and numbered there."""
    return passages.write(_PARSER.parse(typed.paragraphs(markdown)), notes)


def safe_link(url: str) -> str:
    """The URL as it may stand in an href, or nothing: only http, https and mailto lead anywhere."""
    url = typed.line(url).replace(" ", "%20")
    try:
        parts = urlsplit(url)
        reachable = bool(parts.hostname) if parts.scheme != "mailto" else bool(parts.path)
    except ValueError:
        return ""
    return url if parts.scheme in SCHEMES and reachable else ""


def _allowed(url: str) -> bool:
    return bool(safe_link(url))


def _slot_rule(state: StateInline, silent: bool) -> bool:
    """A slot is one thing to the parser: its fallback is never read as Markdown."""
    found = slots.parse(state.src, state.pos)
    if found is None:
        return False
    slot, end = found
    if not silent:
        token = state.push("slot", "", 0)
        token.content = slot.mark
    state.pos = end
    return True


def _slot_html(_: RendererHTML, tokens: list[Token], index: int, *rest: object) -> str:
    del rest
    return _escape(tokens[index].content)


def _escape(content: str) -> str:
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        content = content.replace(plain, entity)
    return content


def _heading_open(*_: object) -> str:
    return "<p><strong>"


def _heading_close(*_: object) -> str:
    return "</strong></p>\n"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": False})
    parser.disable(["image", "code", "fence", "hr", "html_block", "html_inline", "reference"])
    parser.inline.ruler.before("link", "slot", _slot_rule)
    parser.validateLink = _allowed  # type: ignore[method-assign]
    parser.add_render_rule("slot", _slot_html)
    parser.add_render_rule("heading_open", _heading_open)
    parser.add_render_rule("heading_close", _heading_close)
    return parser


_PARSER = _parser()
