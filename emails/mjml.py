"""MJML → HTML by the pure-Python engine, with its traps closed.

The engine forgives: an unclosed `mj-*` tag or an unknown attribute passes in silence and the mail
looks wrong in somebody else's inbox; `mj-include` reads any file (CVE-2025-67898); attribute values
come out unescaped; text that merely says `"font-family: Roboto"` makes it link an outside font
host. So the source is examined first and the result afterwards, and whatever the engine throws is
said in words. Values in `mj-*` attributes are to be escaped twice (`emails.frames`), because the
engine takes one layer off.
"""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

from mjml import mjml_to_html
from mjml.core.registry import components, register_core_components

from emails.errors import MjmlError

_STRUCTURE = frozenset({"mjml", "mj-all", "mj-class", "mj-selector", "mj-html-attribute"})
_ANYWHERE = frozenset({"css-class", "mj-class"})
_FREE = frozenset({"mjml", "mj-all", "mj-class", "mj-selector", "mj-html-attribute", "mj-font"})
"""Tags whose attributes the registry does not list."""

_COMMENT = re.compile(r"<!--(?!\[if|<!\[endif)(?!>).*?-->", re.DOTALL)
_FONT_LINKS = re.compile(
    r"<!--\[if !mso\]><!-->\s*<link href=\"https://fonts\.googleapis\.com.*?<!--<!\[endif\]-->",
    re.DOTALL,
)
_BUILT_IN_FONTS = ("open sans", "droid sans", "lato", "roboto", "ubuntu")
# The engine's frame is an article outside any landmark; opened by itself, as most mail programs do,
# a mail is a document, and a screen reader's "jump to the content" finds its way by `main`.
_ARTICLE, _MAIN = ' role="article"', ' role="main"'
_INDENT = re.compile(r"\s*\n\s*")


def compile(mjml: str) -> str:
    """The HTML of an MJML document; the same source gives the same bytes. Raises MjmlError.

    Comments do not go out to readers; Outlook's conditional ones survive. Lines lose their
    indentation, a sixth of the weight, and the whole becomes the `main` landmark.
    """
    _examine(mjml)
    source = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), mjml)
    html = _FONT_LINKS.sub("", _engine(source)).replace(_ARTICLE, _MAIN, 1)
    return _INDENT.sub("\n", html).strip() + "\n"


def _engine(source: str) -> str:
    try:
        return str(mjml_to_html(source).html)
    except Exception as odd:
        # Whatever a library trips over in a document, the editor is told of her document: nothing is
        # swallowed, and the cause stays in the log's trace.
        raise MjmlError(0, f"the MJML engine gave up: {type(odd).__name__}: {odd}") from odd


def _examine(source: str) -> None:
    if not source.strip():
        raise MjmlError(1, "the document is empty")
    examiner = _Examiner()
    examiner.feed(source)
    examiner.close()
    examiner.finish()


class _Examiner(HTMLParser):
    """Reads the source as the engine's own parser does, and refuses what would pass in silence."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, int]] = []
        self.seen: set[str] = set()
        self.classes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check(tag, attrs)
        if _ours(tag):
            self.open.append((tag, self._line()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not _ours(tag):
            return
        if not self.open:
            raise MjmlError(self._line(), f"</{tag}> closes nothing")
        opened, line = self.open.pop()
        if opened != tag:
            raise MjmlError(
                self._line(), f"</{tag}> stands where <{opened}> of line {line} should close"
            )

    def finish(self) -> None:
        if self.open:
            tag, line = self.open[-1]
            raise MjmlError(line, f"<{tag}> is never closed")
        for needed in ("mjml", "mj-body"):
            if needed not in self.seen:
                raise MjmlError(0, f"there is no <{needed}>")

    def _line(self) -> int:
        return self.getpos()[0]

    def _check(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not _ours(tag):
            return
        self.seen.add(tag)
        if tag == "mj-include":
            raise MjmlError(self._line(), "mj-include reads files and is not allowed here")
        if tag not in _STRUCTURE and tag not in _registry():
            raise MjmlError(self._line(), f"<{tag}> is not an MJML tag")
        for name, _ in attrs:
            if tag not in _FREE and name not in _registry()[tag]:
                raise MjmlError(self._line(), f"<{tag}> has no attribute {name}")
        self._check_oddities(tag, {name: value or "" for name, value in attrs})

    def _check_oddities(self, tag: str, attrs: dict[str, str]) -> None:
        """What makes the engine fall over with an error that helps nobody."""
        if tag == "mj-hero" and attrs.get("mode", "fixed-height").startswith("fixed"):
            missing = {"background-width", "background-height"} - attrs.keys()
            if missing and "background-url" in attrs:
                raise MjmlError(self._line(), f"<mj-hero> needs {' and '.join(sorted(missing))}")
        if tag == "mj-font" and attrs.get("name", "").lower() in _BUILT_IN_FONTS:
            raise MjmlError(self._line(), f"<mj-font> cannot be named {attrs['name']}: built in")
        if tag == "mj-class" and self.open and self.open[-1][0] == "mj-attributes":
            if attrs.get("name", "") in self.classes:
                raise MjmlError(self._line(), f"mj-class {attrs['name']} is defined twice")
            self.classes.add(attrs.get("name", ""))


def _ours(tag: str) -> bool:
    return tag == "mjml" or tag.startswith("mj-")


@cache
def _registry() -> dict[str, frozenset[str]]:
    """Every tag the engine knows, with the attributes it may carry."""
    register_core_components()
    return {
        tag: _ANYWHERE | set(component.allowed_attrs()) | set(component.default_attrs())
        for tag, component in components.items()
    }
