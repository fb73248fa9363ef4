"""wishes for another address are known by its keyed hash, so that one not to be mailed is kept nowhere"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Wishes of before have none: at the worst the same one is asked for a second time.
    with op.batch_alter_table('address_change') as table:
        table.add_column(sa.Column('address_hash', sa.Text(), nullable=False, server_default=''))
        table.create_index(op.f('ix_address_change_address_hash'), ['address_hash'])


def downgrade() -> None:
    with op.batch_alter_table('address_change') as table:
        table.drop_index(op.f('ix_address_change_address_hash'))
        table.drop_column('address_hash')
