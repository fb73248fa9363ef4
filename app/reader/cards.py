"""What other programs read of an issue's page: its card for links (Open Graph) and for search engines.

The card says what the page shows and nothing more: of an issue for subscribers, its head.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.core import clock
from app.core.archive import Entry
from app.core.corrections import Note
from app.extensions import links
from app.models import Newsletter, Visibility
from app.reader.sheets import Photograph, Sheet

LOCALES = {"fr": "fr_FR", "en": "en_GB"}
"""Open Graph names a country with the language."""

LONGEST_HEADLINE = 110
"""Characters that search engines read of a headline (Google's note on Article)."""


@dataclass(frozen=True, slots=True)
class Card:
    """One issue for programs. `article` is schema.org's NewsArticle as JSON-LD holds it."""

    url: str
    title: str
    description: str
    site: str
    locale: str
    published: str
    modified: str
    picture: Photograph | None
    picture_url: str
    article: dict[str, Any]


def of_issue(
    newsletter: Newsletter, entry: Entry, sheet: Sheet, notes: Sequence[Note] = ()
) -> Card:
    url = links().issue(newsletter.slug, entry.number)
    picture = next(iter(_photographs(entry, sheet)), None)
    picture_url = links().media(picture.name) if picture else ""
    return Card(
        url=url,
        title=sheet.subject,
        description=sheet.preheader or sheet.subject,
        site=newsletter.name,
        locale=LOCALES.get(newsletter.language, newsletter.language),
        published=moment(entry.out_at),
        modified=moment(changed_at(entry, notes)),
        picture=picture,
        picture_url=picture_url,
        article=_article(newsletter, entry, sheet, notes),
    )


def changed_at(entry: Entry, notes: Sequence[Note]) -> dt.datetime:
    """When the page last said something new."""
    return max([entry.out_at, *(note.at for note in notes)])


def moment(at: dt.datetime) -> str:
    """In the newsroom's own time with its offset, to the second (ISO 8601)."""
    return at.astimezone(clock.PARIS).isoformat(timespec="seconds")


def _article(
    newsletter: Newsletter, entry: Entry, sheet: Sheet, notes: Sequence[Note]
) -> dict[str, Any]:
    url = links().issue(newsletter.slug, entry.number)
    house = {
        "@type": "Organization",
        "name": newsletter.publisher or newsletter.name,
        "url": links().home(newsletter.slug),
    }
    is_free = _is_free(entry)
    article: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": _shortened(sheet.subject),
        "description": sheet.preheader or sheet.subject,
        "url": url,
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "datePublished": moment(entry.out_at),
        "dateModified": moment(changed_at(entry, notes)),
        "inLanguage": newsletter.language,
        "isAccessibleForFree": is_free,
        "timeRequired": f"PT{sheet.minutes}M",
        "author": house,
        "publisher": house,
        "isPartOf": {
            "@type": "Periodical",
            "name": newsletter.name,
            "url": links().archive(newsletter.slug),
        },
        "articleSection": [rubric.title for rubric in sheet.rubrics],
    }
    if photographs := _photographs(entry, sheet):
        article["image"] = [_image(each) for each in photographs]
    if notes and is_free:
        article["correction"] = [_correction(each) for each in notes]
    return article


def _is_free(entry: Entry) -> bool:
    return entry.visibility is not Visibility.SUBSCRIBERS


def _photographs(entry: Entry, sheet: Sheet) -> list[Photograph]:
    """None of an issue for subscribers: pictures and what they show belong to its stories."""
    return sheet.photographs if _is_free(entry) else []


def _image(photograph: Photograph) -> dict[str, Any]:
    image: dict[str, Any] = {
        "@type": "ImageObject",
        "url": links().media(photograph.name),
        "width": photograph.width,
        "height": photograph.height,
    }
    if photograph.alt:
        image["caption"] = photograph.alt
    if photograph.credit:
        image["creditText"] = photograph.credit
    return image


def _correction(note: Note) -> dict[str, str]:
    return {"@type": "CorrectionComment", "text": note.text, "datePublished": moment(note.at)}


def _shortened(headline: str) -> str:
    if len(headline) <= LONGEST_HEADLINE:
        return headline
    return headline[: LONGEST_HEADLINE - 1].rsplit(" ", 1)[0] + "…"
