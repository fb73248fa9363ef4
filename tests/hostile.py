"""Thirty hostile inputs for every form: markup, templates, forged headers, broken and endless text."""

from __future__ import annotations

import html

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<style>*{display:none}</style>",
    "<!-- <script>alert(1)</script> -->",
    '<mj-include path="/etc/passwd" />',
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw>",
    "{{ 7*7 }}",
    "{{ config }}",
    "{% raw %}{{ 7*7 }}{% endraw %}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{{first_name|<script>alert(1)</script>}}",
    "{{token}}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "[click](javascript:alert(1))",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "Sujet\r\nBcc: victim@example.org",
    "Sujet\nContent-Type: text/html\n\n<script>alert(1)</script>",
    "NUL\x00inside\x07and\x1bescape",
    "\u202etxt.exe\u202c \u2066isolated\u2069",
    "\ue000token\ue001 \ufffe\uffff",
    "Z\u0351\u0352\u0353\u0354\u0355" * 40,
    "'; DROP TABLE issue; --",
    "%s %(name)s %n {0} {name}",
    "x" * 10_000,
    "../../../../etc/passwd",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62;",
]

BROKEN_UTF8 = b"caf\xe9 \xff\xfe \xed\xa0\x80 \xf8"


def is_alive(page: str) -> bool:
    """Whether something hostile came through as markup."""
    lowered = page.lower()
    return any(
        sign in lowered
        for sign in (
            "<script>alert",
            "<img src=x",
            "<svg/onload",
            "<iframe src=javascript",
            "<style>*{display",
            'href="javascript:',
            'src="javascript:',
        )
    )


def is_shown(payload: str, page: str) -> bool:
    """Whether the payload's visible words stand in the page as text."""
    words = html.unescape(page)
    return " ".join(payload.split())[:60] in " ".join(words.split())
