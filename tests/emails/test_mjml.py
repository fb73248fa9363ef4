"""The engine's traps, each shown closed."""

from __future__ import annotations

import pytest
from mjml import mjml_to_html

from emails import frames, mjml
from emails.errors import MjmlError


def document(body: str, head: str = "") -> str:
    return f"<mjml>\n<mj-head>{head}</mj-head>\n<mj-body>\n{body}\n</mj-body>\n</mjml>"


def section(content: str) -> str:
    return f"<mj-section><mj-column>{content}</mj-column></mj-section>"


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("", 1, "empty"),
        ("   \n ", 1, "empty"),
        ("<p>no mjml</p>", 0, "no <mjml>"),
        ("<mjml></mjml>", 0, "no <mj-body>"),
        (document("<mj-section>\n<mj-column>\n</mj-section>"), 6, "</mj-section> stands where"),
        (document("</mj-text>"), 4, "</mj-text> stands where <mj-body>"),
        ("<mjml><mj-body></mj-body></mjml>\n</mjml>", 2, "closes nothing"),
        ("<mjml>\n<mj-body>\n", 2, "<mj-body> is never closed"),
        (document("<mj-sektion></mj-sektion>"), 4, "<mj-sektion> is not an MJML tag"),
        (document(section('\n<mj-text colour="red">x</mj-text>')), 5, "no attribute colour"),
        (document('<mj-include path="/etc/passwd" />'), 4, "mj-include"),
        (document('<MJ-INCLUDE path="x"></MJ-INCLUDE>'), 4, "mj-include"),
        (
            document('<mj-hero background-url="https://hebdo.example/a.png"></mj-hero>'),
            4,
            "<mj-hero> needs background-height and background-width",
        ),
        (document("", '<mj-font name="Roboto" href="x" />'), 2, "built in"),
        (
            document(
                "",
                '<mj-attributes><mj-class name="a" color="red" />\n'
                '<mj-class name="a" color="blue" /></mj-attributes>',
            ),
            3,
            "defined twice",
        ),
    ],
)
def test_what_the_engine_lets_pass_is_refused_with_its_line(
    source: str, line: int, said: str
) -> None:
    with pytest.raises(MjmlError) as refused:
        mjml.compile(source)
    assert refused.value.line == line
    assert said in refused.value.message


def test_an_odd_crash_of_the_engine_is_said_in_words() -> None:
    broken = document(section('<mj-image src="x" padding="a b c d e" />'))
    with pytest.raises(MjmlError, match="gave up"):
        mjml.compile(broken)


def test_comments_stay_at_home_and_outlooks_go_out() -> None:
    html = mjml.compile(
        document(
            "<!-- for us -->"
            + section(
                "<mj-text>a<!-- and\nthis -->b<!--[if mso]><p>Outlook</p><![endif]--></mj-text>"
            )
        )
    )
    assert "for us" not in html
    assert "this" not in html
    assert "<!--[if mso]><p>Outlook</p><![endif]-->" in html


def test_a_comment_does_not_move_the_line_that_an_error_names() -> None:
    with pytest.raises(MjmlError) as refused:
        mjml.compile(document("<!-- one\ntwo -->\n<mj-nothing />"))
    assert refused.value.line == 6


def test_text_that_names_a_web_font_fetches_none() -> None:
    html = mjml.compile(document(section('<mj-text>"font-family: Roboto"</mj-text>')))
    assert "googleapis" not in html
    assert '"font-family: Roboto"' in html


def test_the_engine_still_takes_one_layer_of_escaping_off_attributes() -> None:
    """The canary: when this fails the engine has begun to escape, and `twice` must go."""
    once = section('<mj-image src="x" alt="&lt;b&gt;&quot;" />')
    assert 'alt="<b>""' in mjml_to_html(document(once)).html


def test_a_value_escaped_twice_cannot_leave_its_attribute() -> None:
    value = '"><script>alert(1)</script>'
    html = mjml.compile(document(section(f'<mj-image src="x" alt="{frames.twice(value)}" />')))
    assert "<script>" not in html
    assert 'alt="&#34;&gt;&lt;script&gt;' in html


def test_the_same_source_gives_the_same_bytes() -> None:
    source = document(section("<mj-text>a</mj-text><mj-button>b</mj-button>"))
    assert mjml.compile(source) == mjml.compile(source)
