"""batches remember how often their workers died, and over whom; no routes: pacing is the relay's"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('batch') as batch_op:
        batch_op.add_column(sa.Column('strikes', BIG, server_default='0', nullable=False))
        batch_op.add_column(sa.Column('suspect_id', BIG, nullable=True))
        batch_op.drop_column('route')


def downgrade() -> None:
    with op.batch_alter_table('batch') as batch_op:
        batch_op.add_column(sa.Column('route', sa.Text(), server_default='', nullable=False))
        batch_op.drop_column('suspect_id')
        batch_op.drop_column('strikes')
