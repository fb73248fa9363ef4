"""The fixed templates of the house and the one environment that runs them.

Jinja never sees typed text as a template: text goes in as values, escaped. Two filters know the
MJML engine: `twice` for values in `mj-*` attributes (the engine takes one layer of escaping off)
and `titled` for `mj-title`, which the engine also writes into an attribute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from emails import borders, colours, markup, mjml, slots, typed, words

# Fonts of the reader's own machine. Ours and constant: they stand in attributes as they are.
SERIF = Markup("Georgia, 'Times New Roman', Times, serif")
SANS = Markup("-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif")


@dataclass(frozen=True, slots=True)
class Styles:
    """Inline styles for the elements that Markdown makes; mail programs drop style sheets."""

    accent: str
    hairline: str
    gap: str = "12px"

    def of(self, tag: str) -> str:
        return {
            "p": f"margin:0 0 {self.gap}",
            "a": f"color:{self.accent};text-decoration:underline",
            "ul": f"margin:0 0 {self.gap};padding:0 0 0 20px",
            "ol": f"margin:0 0 {self.gap};padding:0 0 0 22px",
            "li": "margin:0 0 6px",
            "blockquote": f"margin:0 0 {self.gap};padding:0 0 0 14px;"
            f"border-left:3px solid {self.hairline};font-style:italic",
            "code": "font-family:Consolas,Menlo,monospace;font-size:.9em",
        }.get(tag, "")


def twice(value: object) -> Markup:
    """A value for an `mj-*` attribute: escaped, and the escapes escaped."""
    return escape(str(escape(value)))


def titled(value: object) -> Markup:
    """Text for `mj-title`, without the signs that could end an attribute or a tag."""
    return escape(re.sub('["<>]', "", slots.close(str(value))))


def prose(markdown: str, styles: Styles) -> Markup:
    """A story's body: safe HTML, dressed for mail, slots open."""
    bare = markup.open_html(markdown)
    dressed = re.sub(r"<(p|a|ul|ol|li|blockquote|code)\b", lambda tag: _dress(tag[1], styles), bare)
    # nh3 let only known elements through: nothing typed is left unescaped in it.
    return Markup(dressed)  # noqa: S704


def _dress(tag: str, styles: Styles) -> str:
    return f'<{tag} style="{styles.of(tag)}"'


def breaks(text: str) -> Markup:
    """Lines of an address, one under the other."""
    return Markup("<br>").join(typed.paragraphs(text).strip().split("\n"))


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("emails"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        twice=twice,
        titled=titled,
        prose=prose,
        breaks=breaks,
        line=typed.line,
        open=slots.open_typed,
        plain=slots.plain,
        token=slots.open_token,
        safe_link=markup.safe_link,
        border=borders.mark,
    )
    made.globals.update(serif=SERIF, sans=SANS)
    return made


_ENVIRONMENT = _environment()


def fill(template: str, **values: object) -> str:
    """The MJML of one of our templates."""
    return _ENVIRONMENT.get_template(template).render(**values)


def html(template: str, **values: object) -> str:
    """The HTML of one of our templates: Jinja once, MJML once."""
    return mjml.compile(fill(template, **values))


@dataclass(frozen=True, slots=True)
class Dress:
    """What every template needs besides its text: words, and colours for both lights."""

    words: words.Words
    light: colours.Palette
    dark: colours.Palette

    @property
    def styles(self) -> Styles:
        return Styles(self.light.accent, self.light.hairline)

    @property
    def aside(self) -> Styles:
        """For a body that stands under its link in a list."""
        return Styles(self.light.accent, self.light.hairline, gap="4px")


def dress(language: str, accent: str) -> Dress:
    """The frame of a language, in an accent made readable in both lights."""
    return Dress(words.spoken(language), colours.light(accent), colours.dark(accent))
