"""What feeds and pages tell programs, as schemas of our own: RFC 4287 in RELAX NG, JSON Feed 1.1 and
schema.org's NewsArticle in JSON Schema.

They are closed where the formats are open: what they do not name is a slip of ours, not an extension.
"""

from __future__ import annotations

import re
from typing import Any

import jsonschema
from lxml import etree

URL = r"^https?://[^\s<>\"]+$"
MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"
"""RFC 3339, which Atom (§3.3), JSON Feed and schema.org's search engines ask for alike."""


def _ref(name: str) -> str:
    return f'<ref name="{name}"/>'


def _element(name: str, content: str) -> str:
    return f'<define name="{name}"><element name="{name}">{content}</element></define>'


def _optional(*names: str) -> str:
    return "".join(f"<optional>{_ref(name)}</optional>" for name in names)


def _attribute(name: str, content: str = "<text/>", *, needed: bool = False) -> str:
    made = f'<attribute name="{name}">{content}</attribute>'
    return made if needed else f"<optional>{made}</optional>"


def _matching(pattern: str) -> str:
    return f'<data type="string"><param name="pattern">{pattern}</param></data>'


_PERSON = f"<interleave><element name='name'>{_matching('.*[^ ].*')}</element></interleave>"
_TEXT = _attribute("type", "<choice><value>text</value><value>html</value></choice>") + "<text/>"
_DATE = _matching(MOMENT.strip("^$").replace("\\d", "[0-9]"))
_IRI = _matching("[a-z][a-z0-9+.-]*:[^ ]+")
_LINK = "".join(
    (
        _attribute("href", _IRI, needed=True),
        _attribute("rel", "<choice><value>self</value><value>alternate</value></choice>"),
        _attribute("type", _matching("[a-z]+/[a-z+]+")),
    )
)

ATOM = etree.RelaxNG(
    etree.fromstring(
        f"""<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://www.w3.org/2005/Atom"
    datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="feed">
    {_attribute("xml:lang", _matching("[a-z][a-z]"), needed=True)}
    <interleave>
      {_ref("id")}{_ref("title")}{_ref("updated")}{_optional("subtitle", "generator")}
      <oneOrMore>{_ref("author")}</oneOrMore>
      <oneOrMore>{_ref("link")}</oneOrMore>
      <zeroOrMore>{_ref("entry")}</zeroOrMore>
    </interleave>
  </element></start>
  <define name="entry"><element name="entry"><interleave>
    {_ref("id")}{_ref("title")}{_ref("updated")}{_optional("published", "summary", "content")}
    <zeroOrMore>{_ref("author")}</zeroOrMore>
    <oneOrMore>{_ref("link")}</oneOrMore>
  </interleave></element></define>
  {_element("id", _IRI)}{_element("title", _TEXT)}{_element("subtitle", _TEXT)}
  {_element("summary", _TEXT)}{_element("content", _TEXT)}{_element("generator", "<text/>")}
  {_element("updated", _DATE)}{_element("published", _DATE)}
  {_element("author", _PERSON)}{_element("link", _LINK)}
</grammar>"""
    )
)
"""§4.1 and §4.2: what a feed and an entry must and may hold, of that which we write."""

NS = {"a": "http://www.w3.org/2005/Atom"}


def atom(body: bytes) -> etree._Element:
    """The feed, when it keeps the schema and the rules that no schema can say."""
    feed = etree.fromstring(body)
    ATOM.assertValid(feed)
    for element in (feed, *feed.findall("a:entry", NS)):
        links = [(each.get("rel"), each.get("type")) for each in element.findall("a:link", NS)]
        # One alternate of a type and language (§4.1.1, §4.1.2), here also one self.
        assert len(links) == len(set(links))
        assert any(rel == "alternate" for rel, _type in links)
    # An id is an entry's for ever, and no other's (§4.2.6).
    ids = [each.text for each in feed.iterfind(".//a:id", NS)]
    assert len(ids) == len(set(ids))
    return feed


def _object(needed: str, **members: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": members,
        "required": needed.split(),
        "additionalProperties": False,
    }


_SAID = {"type": "string", "minLength": 1}
_ADDRESS = {"type": "string", "pattern": URL}
_AT = {"type": "string", "pattern": MOMENT}

_ITEM = {
    **_object(
        "id",
        **dict.fromkeys(("id", "title", "summary", "content_html", "content_text"), _SAID),
        **dict.fromkeys(("url", "image"), _ADDRESS),
        **dict.fromkeys(("date_published", "date_modified"), _AT),
    ),
    # Each item has a text, whatever the other is.
    "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
}
JSON_FEED = _object(
    "version title items",
    version={"const": "https://jsonfeed.org/version/1.1"},
    **dict.fromkeys(("title", "description"), _SAID),
    **dict.fromkeys(("home_page_url", "feed_url"), _ADDRESS),
    language={"type": "string", "pattern": "^[a-z]{2}$"},
    authors={"type": "array", "minItems": 1, "items": _object("name", name=_SAID, url=_ADDRESS)},
    items={"type": "array", "items": _ITEM},
)


def _thing(kind: str, needed: str, **members: Any) -> dict[str, Any]:
    """One of schema.org's types with the properties of it that we use."""
    return _object(f"@type {needed}", **{"@type": {"const": kind}}, **members)


_HOUSE = _thing("Organization", "name url", name=_SAID, url=_ADDRESS)
_COUNT = {"type": "integer", "minimum": 1}

NEWS_ARTICLE = _object(
    "@context @type headline url mainEntityOfPage datePublished dateModified author publisher"
    " isAccessibleForFree inLanguage",
    **{"@context": {"const": "https://schema.org"}, "@type": {"const": "NewsArticle"}},
    headline={**_SAID, "maxLength": 110},
    description=_SAID,
    url=_ADDRESS,
    mainEntityOfPage={
        **_object("@type @id", **{"@type": {"const": "WebPage"}, "@id": _ADDRESS}),
    },
    **dict.fromkeys(("datePublished", "dateModified"), _AT),
    inLanguage={"type": "string", "pattern": "^[a-z]{2}$"},
    isAccessibleForFree={"type": "boolean"},
    timeRequired={"type": "string", "pattern": "^PT[1-9][0-9]*M$"},
    **dict.fromkeys(("author", "publisher"), _HOUSE),
    isPartOf=_thing("Periodical", "name url", name=_SAID, url=_ADDRESS),
    articleSection={"type": "array", "items": _SAID},
    image={
        "type": "array",
        "minItems": 1,
        "items": _thing(
            "ImageObject",
            "url width height",
            url=_ADDRESS,
            width=_COUNT,
            height=_COUNT,
            caption=_SAID,
            creditText=_SAID,
        ),
    },
    correction={
        "type": "array",
        "minItems": 1,
        "items": _thing("CorrectionComment", "text datePublished", text=_SAID, datePublished=_AT),
    },
)


def holds(schema: dict[str, Any], found: object) -> None:
    jsonschema.validate(found, schema, jsonschema.Draft202012Validator)


def breaks(schema: dict[str, Any], found: object) -> bool:
    return not jsonschema.Draft202012Validator(schema).is_valid(found)


def without(xml: bytes, element: str) -> bytes:
    """The document without the first such element, to see that a schema misses it."""
    return re.sub(rb"<%b[ >].*?</%b>" % (element.encode(), element.encode()), b"", xml, count=1)
