"""comments, what the desk does about them, and the notices that speak of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
STATE = sa.String(length=32)


def upgrade() -> None:
    with op.batch_alter_table('newsletter') as batch_op:
        batch_op.add_column(sa.Column('comment_rule', sa.String(length=32), server_default='held', nullable=False))
        batch_op.add_column(sa.Column('comment_days', BIG, server_default='0', nullable=False))
    with op.batch_alter_table('issue') as batch_op:
        batch_op.add_column(sa.Column('comments_closed', sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table('editor') as batch_op:
        batch_op.add_column(sa.Column('wants_digest', sa.Boolean(), server_default=sa.false(), nullable=False))
    make_comments()
    make_moderations()
    with op.batch_alter_table('notice') as batch_op:
        batch_op.add_column(sa.Column('comment_id', BIG, nullable=True))
        batch_op.add_column(sa.Column('once', sa.Text(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_notice_comment_id_comment'), 'comment', ['comment_id'], ['id'], ondelete='SET NULL')
        batch_op.create_unique_constraint(op.f('uq_notice_once'), ['once'])


def make_comments() -> None:
    op.create_table('comment',
    sa.Column('id', BIG, nullable=False),
    sa.Column('issue_id', BIG, nullable=False),
    sa.Column('parent_id', BIG, nullable=True),
    sa.Column('state', STATE, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('address_key', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('tell', sa.Boolean(), nullable=False),
    sa.Column('by_pass', sa.Boolean(), nullable=False),
    sa.Column('from_desk', sa.Boolean(), nullable=False),
    sa.Column('press', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['issue_id'], ['issue.id'], name=op.f('fk_comment_issue_id_issue')),
    sa.ForeignKeyConstraint(['parent_id'], ['comment.id'], name=op.f('fk_comment_parent_id_comment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment')),
    sa.UniqueConstraint('press', name=op.f('uq_comment_press')),
    sqlite_autoincrement=True,
    )
    op.create_index('ix_comment_issue', 'comment', ['issue_id', 'id'])
    op.create_index(op.f('ix_comment_parent_id'), 'comment', ['parent_id'])
    op.create_index(op.f('ix_comment_address_key'), 'comment', ['address_key'])
    op.create_index('ix_comment_held', 'comment', ['id'], postgresql_where=sa.text("state = 'held'"), sqlite_where=sa.text("state = 'held'"))


def make_moderations() -> None:
    op.create_table('moderation',
    sa.Column('id', BIG, nullable=False),
    sa.Column('comment_id', BIG, nullable=False),
    sa.Column('editor_id', BIG, nullable=True),
    sa.Column('press', sa.Text(), nullable=False),
    sa.Column('before', STATE, nullable=False),
    sa.Column('after', STATE, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_moderation_comment_id_comment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['editor_id'], ['editor.id'], name=op.f('fk_moderation_editor_id_editor'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_moderation')),
    )
    op.create_index(op.f('ix_moderation_comment_id'), 'moderation', ['comment_id'])
    op.create_index(op.f('ix_moderation_press'), 'moderation', ['press'])


def downgrade() -> None:
    with op.batch_alter_table('notice') as batch_op:
        batch_op.drop_constraint(op.f('uq_notice_once'), type_='unique')
        batch_op.drop_constraint(op.f('fk_notice_comment_id_comment'), type_='foreignkey')
        batch_op.drop_column('once')
        batch_op.drop_column('comment_id')
    op.drop_table('moderation')
    op.drop_table('comment')
    with op.batch_alter_table('editor') as batch_op:
        batch_op.drop_column('wants_digest')
    with op.batch_alter_table('issue') as batch_op:
        batch_op.drop_column('comments_closed')
    with op.batch_alter_table('newsletter') as batch_op:
        batch_op.drop_column('comment_days')
        batch_op.drop_column('comment_rule')
