"""Suppressions know an address whatever its case, outlive its rows and a turn of the key."""

from __future__ import annotations

import dataclasses

from flask import Flask
from sqlalchemy import select

from app import create_app
from app.core import suppressions
from app.extensions import db
from app.models import Suppression, SuppressionReason
from app.settings import Settings


def test_a_suppressed_address_is_found_in_any_case(flask_app: Flask) -> None:
    suppressions.suppress("Marie@Hebdo.test", SuppressionReason.BOUNCE, "550 5.1.1")
    db.session.commit()
    found = suppressions.find("mARIE@hebdo.TEST")
    assert found is not None
    assert (found.reason, found.note) == (SuppressionReason.BOUNCE, "550 5.1.1")
    assert suppressions.find("marie2@hebdo.test") is None


def test_suppressing_twice_keeps_the_first_reason(flask_app: Flask) -> None:
    suppressions.suppress("marie@hebdo.test", SuppressionReason.COMPLAINT)
    suppressions.suppress("marie@hebdo.test", SuppressionReason.OPERATOR)
    db.session.commit()
    assert [one.reason for one in suppressions.listing()] == [SuppressionReason.COMPLAINT]


def test_of_an_erased_address_only_a_keyed_hash_is_left(flask_app: Flask) -> None:
    suppressions.suppress("marie@hebdo.test", SuppressionReason.BOUNCE)
    suppressions.suppress("marie@hebdo.test", SuppressionReason.ERASED)
    db.session.commit()
    kept = db.session.scalars(select(Suppression)).one()
    assert kept.address == ""
    assert "marie" not in kept.address_hash
    assert suppressions.find("marie@hebdo.test") is not None


def test_a_new_secret_forgets_nobody(flask_app: Flask, settings: Settings) -> None:
    suppressions.suppress("marie@hebdo.test", SuppressionReason.COMPLAINT)
    db.session.commit()
    turned = dataclasses.replace(
        settings, secret_key="n" * 32, secret_key_fallbacks=(settings.secret_key,)
    )
    with create_app(turned).app_context():
        assert suppressions.find("marie@hebdo.test") is not None
        assert suppressions.among({"marie@hebdo.test", "lea@hebdo.test"}) == {"marie@hebdo.test"}
        suppressions.suppress("marie@hebdo.test", SuppressionReason.OPERATOR)
        db.session.commit()
        assert len(suppressions.listing()) == 1
        db.session.remove()
        db.engine.dispose()


def test_lifting_lets_mail_through_again_and_says_whether_it_had_to(flask_app: Flask) -> None:
    suppressions.suppress("marie@hebdo.test", SuppressionReason.OPERATOR)
    assert suppressions.lift("Marie@hebdo.test")
    assert not suppressions.lift("marie@hebdo.test")
    assert suppressions.find("marie@hebdo.test") is None


def test_a_listing_goes_on_behind_the_last_one_seen(flask_app: Flask) -> None:
    for name in ("a", "b", "c"):
        suppressions.suppress(f"{name}@hebdo.test", SuppressionReason.OPERATOR)
    first = suppressions.listing(limit=2)
    rest = suppressions.listing(after=first[-1].id)
    assert [one.address for one in (*first, *rest)] == [
        "a@hebdo.test",
        "b@hebdo.test",
        "c@hebdo.test",
    ]
