"""a session at the desk is a row: signing out ends it also for whoever copied its cookie"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('desk_session',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('editor_id', BIG, nullable=False),
    sa.Column('stamp', BIG, nullable=False),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['editor_id'], ['editor.id'], name=op.f('fk_desk_session_editor_id_editor'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_desk_session')),
    )
    op.create_index(op.f('ix_desk_session_editor_id'), 'desk_session', ['editor_id'])


def downgrade() -> None:
    op.drop_table('desk_session')
