"""shares: what a slice may use of a relay that allows all workers together only so much"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('share',
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('sessions', BIG, nullable=False),
    sa.Column('rate', BIG, nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('owner', name=op.f('pk_share')),
    )


def downgrade() -> None:
    op.drop_table('share')
