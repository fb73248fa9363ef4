"""Stems: PostgreSQL's own full text, by a newsletter's language. SQLite's takes words as they are.

The dictionaries drop words that are everywhere ("dans", "who"). Here they are kept apart from the stems
and asked for only when nothing else is: a search for them alone finds them as on SQLite, and one for
"who is at home" still finds a home. All words come and go folded (`core.searches`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from sqlalchemy import ColumnElement, case, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import TSQUERY

from app.extensions import db

CONFIGURATIONS = {"fr": "french", "en": "english"}

COMMON = "="
"""Before a word that a language's stems leave out, lest it be the stem of another."""

LONGEST = 60
"""Characters of a word that is everywhere; PostgreSQL refuses lexemes of more than 2,046 bytes."""


def document(language: str, parts: Sequence[str]) -> ColumnElement[str]:
    """The vector of a text in parts of words, the weightiest (A) first, four at the most."""
    dictionary = _configuration(language)
    weighed = [
        func.setweight(func.to_tsvector(dictionary, words), literal_column(f"'{weight}'"))
        for words, weight in zip(parts, "ABCD", strict=False)
    ]
    word = func.unnest(func.string_to_array(" ".join(parts), " ")).column_valued("word")
    # What is too long to be indexed at all is left out, too, and is no word that is everywhere.
    dropped = select(literal(COMMON).op("||")(word)).where(
        func.length(word) <= LONGEST, func.length(func.to_tsvector(dictionary, word)) == 0
    )
    common = func.array_to_tsvector(func.array(dropped.scalar_subquery()))
    return reduce(lambda one, more: one.op("||")(more), weighed, common)


def query(language: str, words: Sequence[str]) -> ColumnElement[str]:
    """The query for all words that have stems in this language; where none has, for all words."""
    stems = func.plainto_tsquery(_configuration(language), " ".join(words))
    # A word in quotes is one lexeme, and no word of ours holds one.
    signed = " & ".join(f"'{COMMON}{word}'" for word in words)
    return case((func.numnode(stems) > 0, stems), else_=cast(signed, TSQUERY))


def of(words: Sequence[str]) -> frozenset[str]:
    """The stems of these words in any language; for a language in which none has one, the words."""
    stems = (
        func.tsvector_to_array(func.to_tsvector(_configuration(language), " ".join(words)))
        for language in CONFIGURATIONS
    )
    row = db.session.execute(select(*stems)).one()
    return frozenset(stem for found in row for stem in found or words)


def _configuration(language: str) -> ColumnElement[str]:
    """PostgreSQL's own dictionaries, by names of ours alone."""
    return literal_column(f"'{CONFIGURATIONS.get(language, 'simple')}'::regconfig")
