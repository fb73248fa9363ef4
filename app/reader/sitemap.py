"""What search engines are told: which pages there are (sitemaps.org), and which are nobody's to fetch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from flask import Response

from app.core import archive, corrections, newsletters
from app.extensions import links
from app.models import Newsletter
from app.reader import door

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST = 50_000
"""URLs in one file (sitemaps.org); the pages of newsletters first, then the newest issues of each."""

PRIVATE = (
    "/editor",
    "/confirm/",
    "/unsubscribe/",
    "/resubscribe/",
    "/mine",
    "/comments/",
    "/search",
)
"""Pages of one person, of the desk, and those made of what a visitor typed."""

Page = tuple[str, dt.datetime | None]


@door.get("/robots.txt")
def robots() -> Response:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE)]
    lines += ["", f"Sitemap: {links().url('/sitemap.xml')}", ""]
    return Response("\n".join(lines), mimetype="text/plain")


@door.get("/sitemap.xml")
def sitemap() -> Response:
    """Every page that may be found: nothing unlisted, no page that shows a person."""
    root = Element("urlset", xmlns=SITEMAP)
    for address, changed_at in islice(_pages(), MOST):
        url = SubElement(root, "url")
        SubElement(url, "loc").text = address
        if changed_at is not None:
            moment = changed_at.astimezone(dt.UTC).isoformat(timespec="seconds")
            SubElement(url, "lastmod").text = moment
    written = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(written, mimetype="application/xml")


def _pages() -> Iterator[Page]:
    found = newsletters.listing()
    yield links().url("/"), None
    for each in found:
        yield links().home(each.slug), None
        yield links().archive(each.slug), None
        for year in archive.years(each.id):
            yield links().year(each.slug, year), None
    for each in found:
        yield from _issues(each)


def _issues(newsletter: Newsletter) -> Iterator[Page]:
    corrected = corrections.latest(newsletter.id)
    for issue in archive.index(newsletter.id):
        changed_at = max(issue.out_at, corrected.get(issue.issue_id, issue.out_at))
        yield links().issue(newsletter.slug, issue.number), changed_at
