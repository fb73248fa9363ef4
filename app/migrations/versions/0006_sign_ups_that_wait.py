"""sign-ups that wait: whether a newsletter reminds of them, and an index that finds them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    with op.batch_alter_table("newsletter") as newsletter:
        newsletter.add_column(
            sa.Column("reminds", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.create_index(
        "ix_subscription_pending",
        "subscription",
        ["asked_at"],
        postgresql_where=PENDING,
        sqlite_where=PENDING,
    )


def downgrade() -> None:
    op.drop_index("ix_subscription_pending", table_name="subscription")
    with op.batch_alter_table("newsletter") as newsletter:
        newsletter.drop_column("reminds")
