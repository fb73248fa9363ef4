"""confirmations of several newsletters at once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("notice") as notice:
        notice.add_column(
            sa.Column("subscription_ids", sa.JSON(), nullable=False, server_default="[]")
        )


def downgrade() -> None:
    with op.batch_alter_table("notice") as notice:
        notice.drop_column("subscription_ids")
