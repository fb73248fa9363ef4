"""what a reader wishes: rubrics, text alone, another address; and numbers that are never given twice"""

from __future__ import annotations

from contextlib import AbstractContextManager

import sqlalchemy as sa
from alembic import op
from alembic.operations.base import BatchOperations


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with numbered_for_good('subscriber'):
        pass
    with numbered_for_good('subscription') as batch_op:
        batch_op.add_column(sa.Column('end_word', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('end_note', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('hidden_rubrics', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('text_only', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table('address_change',
    sa.Column('id', BIG, nullable=False),
    sa.Column('subscriber_id', BIG, nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('network', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['subscriber_id'], ['subscriber.id'], name=op.f('fk_address_change_subscriber_id_subscriber')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address_change')),
    sqlite_autoincrement=True,
    )
    op.create_index(op.f('ix_address_change_subscriber_id'), 'address_change', ['subscriber_id'])


def numbered_for_good(table: str) -> AbstractContextManager[BatchOperations]:
    """SQLite gives the highest number again once its row is gone, unless the table says otherwise;
    that takes a new table. PostgreSQL never does."""
    if op.get_bind().dialect.name == 'sqlite':
        return op.batch_alter_table(table, recreate='always', table_kwargs={'sqlite_autoincrement': True})
    return op.batch_alter_table(table)


def downgrade() -> None:
    op.drop_table('address_change')
    with op.batch_alter_table('subscription') as batch_op:
        for column in ('text_only', 'hidden_rubrics', 'end_note', 'end_word'):
            batch_op.drop_column(column)
