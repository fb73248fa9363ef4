"""the imprint, and a newsletter's logo"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = (
    "publisher postal_address phone contact registration director host host_address host_phone"
)


def upgrade() -> None:
    op.create_table(
        "imprint",
        sa.Column("id", BIG, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in WORDS.split()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imprint")),
    )
    with op.batch_alter_table("newsletter") as newsletter:
        newsletter.add_column(sa.Column("logo_name", sa.Text(), nullable=True))
        newsletter.create_foreign_key(
            op.f("fk_newsletter_logo_name_image"), "image", ["logo_name"], ["name"]
        )


def downgrade() -> None:
    with op.batch_alter_table("newsletter") as newsletter:
        newsletter.drop_constraint(op.f("fk_newsletter_logo_name_image"), type_="foreignkey")
        newsletter.drop_column("logo_name")
    op.drop_table("imprint")
