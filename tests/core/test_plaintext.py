"""Plain text as Markdown shows the very same characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import plaintext
from emails import markup

SIGNS = [
    "2024. Une année",
    "1) premier",
    "# un dièse",
    "> une citation",
    "- un tiret",
    "a * b * c",
    "_souligné_ et snake_case",
    "`code`",
    "[crochets](https://exemple.fr)",
    "<b>gras</b> 1 < 2 & 3 &amp; 4",
    "\\ barre",
    "![image](x.png)",
    "===",
    "~~~",
    "***",
    "https://exemple.fr/a_b_c?d=e&f=g",
    "{{ 7*7 }} {% raw %}",
]


@pytest.mark.parametrize("sign", SIGNS)
def test_signs_of_a_plain_text_are_shown_and_not_obeyed(sign: str) -> None:
    assert markup.text(plaintext.escape(sign)).split() == sign.split()


@given(st.text(st.sampled_from("ab12 .)#>-+*_`[]()<>!&;=~\\\n\t|:\"'{}"), max_size=40))
def test_any_plain_text_is_shown_with_the_same_words(text: str) -> None:
    assert markup.text(plaintext.escape(text)).split() == text.split()
