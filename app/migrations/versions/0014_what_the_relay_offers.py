"""what the relay offers: whether it takes addresses with accents, unknown at first"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    made = op.create_table('relay_offer',
    sa.Column('id', BIG, nullable=False),
    sa.Column('takes_accents', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_relay_offer')),
    )
    # The one row: whoever notes something changes it, and never two insert it at once.
    op.bulk_insert(made, [{'id': 1, 'takes_accents': False, 'changed_at': None}])


def downgrade() -> None:
    op.drop_table('relay_offer')
