"""the mark that moves with whatever readers' pages show

Triggers move it, so that it also moves for statements that no model sees, and for `psql` by hand. Its
value is drawn, not counted: a database restored from yesterday does not come back to a value that
stood for other words.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SHOWN = ("newsletter", "issue", "edition", "correction", "comment")
"""The tables of `core.stamps`. Who makes one of them anew on SQLite makes its triggers anew."""


def upgrade() -> None:
    made = op.create_table(
        "page_mark",
        sa.Column("id", BIG, nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_mark")),
    )
    op.bulk_insert(made, [{"id": 1, "mark": ""}])
    if op.get_bind().dialect.name == "sqlite":
        for table in SHOWN:
            for act in ("INSERT", "UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER page_mark_{table}_{act.lower()} AFTER {act} ON {table}"
                    " BEGIN UPDATE page_mark SET mark = hex(randomblob(16)); END"
                )
        return
    # Its own path to the tables: a restore of data alone runs with none. Once in a transaction is enough:
    # each time again would walk past all that it wrote before, 17 s for a sweep over 40,000 comments.
    op.execute(
        "CREATE FUNCTION move_page_mark() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
        " AS $$ BEGIN UPDATE page_mark SET mark = gen_random_uuid()::text"
        " WHERE xmin <> pg_current_xact_id()::xid; RETURN NULL; END $$"
    )
    for table in SHOWN:
        # Deferred: the one row is locked by a commit and not by all that comes before it (planning a
        # million readers takes seconds), and always as the last, so that no two wait for each other.
        op.execute(
            f"CREATE CONSTRAINT TRIGGER page_mark_{table} AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION move_page_mark()"
        )
        # It tells of no row.
        op.execute(
            f"CREATE TRIGGER page_mark_{table}_truncate AFTER TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION move_page_mark()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in SHOWN:
            for act in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER page_mark_{table}_{act}")
    else:
        for table in SHOWN:
            op.execute(f"DROP TRIGGER page_mark_{table} ON {table}")
            op.execute(f"DROP TRIGGER page_mark_{table}_truncate ON {table}")
        op.execute("DROP FUNCTION move_page_mark()")
    op.drop_table("page_mark")
