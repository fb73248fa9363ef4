"""Hostile inputs: thirty for every form, five hundred for what readers type. All made by our own hand."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

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


MARKUP = (
    "<script>alert(1)</script>",
    "<script src=//evil.test/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'",
    "<svg/onload=alert(1)>",
    "<svg><a xlink:href=javascript:alert(1)><text y=9>x</text></a></svg>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<b>x</b>'>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=//evil.test/x>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.test'>",
    "<base href=//evil.test/>",
    "<form action=//evil.test><button>x</button></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<math><mi xlink:href=javascript:alert(1)>x</mi></math>",
    "<style>*{display:none}</style>",
    "<p style=background:url(//evil.test)>x</p>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<select autofocus onfocus=alert(1)>",
    "<xmp><p title='</xmp><svg/onload=alert(1)>'>",
    "<ScRiPt\n>alert(1)</sCrIpT\t>",
    "<img/src/onerror=alert(1)//",
    "<mj-include path='/etc/passwd' />",
    "<mj-raw><script>alert(1)</script></mj-raw>",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
)
PLACES = (
    "{}",
    '">{}',
    "' x='>{}",
    "--></style>{}",
    "</title></textarea></script>{}",
    "]]>{}",
    "</mj-text>{}",
    "<<{}//",
)
"""Where markup hopes to stand: in text, in an attribute, behind what a page might end with."""

ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.test/x",
    "https://hebdo.test@evil.test/",
    "https://evil.test/%22onmouseover=alert(1)//",
    'https://evil.test/"onmouseover=alert(1)',
    "file:///etc/passwd",
)
LINKS = ("{}", "[x]({})", "![x]({})", "<{}>", '" href="{}')

TEMPLATES = (
    "{{ 7*7 }}",
    "{{7*'7'}}",
    "{{ config }}",
    "{{ self.__init__.__globals__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for x in range(9) %}{{ x }}{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{{> partial }}",
    "{{{ raw }}}",
    "{{#each this}}{{@key}}{{/each}}",
    "{{token}}",
    "{{first_name|x}}",
    "{{unsubscribe_url}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "[[${7*7}]]",
    "*|FNAME|*",
    "%%first_name%%",
    "%(name)s %s %n {0} {name.__class__}",
)
AROUND = ("{}", "Léa{}Martin", "}}}}{}{{{{")

FORGED = (
    "Bcc: victim@evil.test",
    "Subject: x",
    "Content-Type: text/html",
    "Set-Cookie: hebdo=x",
    "Location: //evil.test",
    ".",
    "RCPT TO:<victim@evil.test>",
    "250 OK",
)
LINE_ENDS = ("\r\n", "\n", "\r", "\u2028", "\x85", "%0d%0a", "\\r\\n")

QUERIES = (
    "'; DROP TABLE comment; --",
    "' OR '1'='1",
    '" OR ""="',
    "') UNION SELECT password FROM editor --",
    "1; SELECT pg_sleep(9)",
    "\\'; --",
    "%' AND 1=1 --",
    'x" NEAR/2 "y',
    "subject:x* OR (",
    "a & | ! b <-> c:*",
    "NOT AND OR",
    "$$;$$",
)
INTO = ("{}", "Léa {}", "(({}")

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    '=HYPERLINK("//evil.test";"x")',
    "=cmd|' /C calc'!A0",
    '=IMPORTXML("//evil.test","//a")',
)
CELLS = ("{}", " {}", '"{}', ";{}", ",{}")

UNSEEN = (
    *("\u202e", "\u2066", "\u2067", "\u2068", "\u202a", "\u202d", "\u200f", "\u200b"),
    *("\u2060", "\ufeff", "\u00ad", "\ue000", "\ue001", "\ue002", "\ue003", "\ufffe"),
)
BESIDE = ("{}moc.live", "Léa{}")

CONTROLS = tuple(f"Léa{chr(code)}x" for code in (0, 1, 7, 8, 11, 12, 27, 31, 127, 128, 144, 155))


def _each(seeds: tuple[str, ...], wrappers: tuple[str, ...]) -> list[str]:
    return [wrapper.format(seed) for seed in seeds for wrapper in wrappers]


FIVE_HUNDRED = tuple(
    dict.fromkeys(
        (
            *_each(MARKUP, PLACES),
            *_each(ADDRESSES, LINKS),
            *_each(TEMPLATES, AROUND),
            *(f"Sujet{end}{line}" for end in LINE_ENDS for line in FORGED),
            *_each(QUERIES, INTO),
            *_each(FORMULAS, CELLS),
            *_each(UNSEEN, BESIDE),
            *CONTROLS,
        )
    )
)
"""What TRUST asks for: every kind of injection at every place where it hopes to stand."""


class _Structure(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[tuple[str, str]] = set()
        self.urls: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, ""), *((tag, name) for name, _value in attrs)}
        self.urls |= {value or "" for name, value in attrs if name in {"href", "src", "action"}}


def structure(page: str) -> set[tuple[str, str]]:
    """Every kind of element and attribute that a page holds: what is text adds none."""
    reading = _Structure()
    reading.feed(page)
    return reading.found


def odd_urls(page: str) -> set[str]:
    """Where a page leads or what it loads by anything but the web, mail or its own paths."""
    reading = _Structure()
    reading.feed(page)
    return {
        url for url in reading.urls if not re.match(r"(https?://|mailto:|/(?!/)|#|cid:|\?|$)", url)
    }
