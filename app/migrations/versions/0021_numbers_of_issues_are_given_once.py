"""numbers of issues and of corrections are given once: a page left open reaches no later one"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TRIGGERS = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in ("issue", "correction"):
        number_for_good(table)


def number_for_good(table: str) -> None:
    """SQLite says it only of a new table, and the old one takes its triggers along (0015)."""
    of_table = sa.text(TRIGGERS).bindparams(table=table)
    triggers = op.get_bind().scalars(of_table).all()
    numbered = {"sqlite_autoincrement": True}
    with op.batch_alter_table(table, recreate="always", table_kwargs=numbered):
        pass
    for trigger in triggers:
        op.execute(trigger)


def downgrade() -> None:
    """The tables may stay: nothing that came before minds a number that is given once."""
