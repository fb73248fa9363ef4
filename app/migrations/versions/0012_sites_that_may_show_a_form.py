"""sites that may show a newsletter's form"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("newsletter") as newsletter:
        newsletter.add_column(sa.Column("origins", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("newsletter") as newsletter:
        newsletter.drop_column("origins")
