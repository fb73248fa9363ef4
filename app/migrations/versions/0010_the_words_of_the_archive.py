"""the words of the archive, for searching

Each database has its own full text: a virtual table on SQLite, a vector with an index on PostgreSQL.
No model names it; `app.core.searches` alone reads and fills it, and can make it anew at any time.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE story_search USING fts5(title_words, rubric_words, body_words,"
            " title UNINDEXED, rubric UNINDEXED, body UNINDEXED,"
            " edition_id UNINDEXED, anchor UNINDEXED, tokenize = 'unicode61 remove_diacritics 2')"
        )
        return
    op.execute(
        "CREATE TABLE story_search (id BIGSERIAL PRIMARY KEY, edition_id BIGINT NOT NULL"
        " REFERENCES edition (id), anchor TEXT NOT NULL, title TEXT NOT NULL, rubric TEXT NOT NULL,"
        " body TEXT NOT NULL, document TSVECTOR NOT NULL)"
    )
    op.execute("CREATE INDEX ix_story_search_document ON story_search USING gin (document)")
    op.execute("CREATE INDEX ix_story_search_edition_id ON story_search (edition_id)")


def downgrade() -> None:
    op.execute("DROP TABLE story_search")
