"""Slips of the finger are offered their correction; what may be right is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import domains

SLIPS = {
    "gmail.com": "gmial.com gmai.com gmail.con gmail.co gmail.cm gmail.fr gmal.con gamil.com ggmail.com",
    "hotmail.fr": "hotmial.fr hotmal.fr hotmail.f hotmail.fe htomail.fr",
    "hotmail.com": "hotmail.con homail.com hotmial.com",
    "orange.fr": "orange.f orage.fr ornage.fr ornge.fr orange.ft",
    "free.fr": "fre.fr ffree.fr free.f fere.fr",
    "laposte.net": "laposte.ne lapsote.net lapote.net laposte.com",
    "yahoo.fr": "yaho.fr yahooo.fr yahou.fr",
    "wanadoo.fr": "wandoo.fr wanado.fr wanadoo.com",
    "outlook.com": "outlok.com otulook.com",
    "sfr.fr": "sfr.f sfr.rf",
    "protonmail.com": "protonmial.com",
}

RIGHT = """
mail.com email.com ymail.com grail.com gmx.de gmx.com hotmail.be hotmail.co.uk yahoo.co.uk yahoo.ca
live.be orange.be orange.com laposte.fr sfr.net neuf.com me.com mac.com pm.me proton.me msn.com web.de
lemonde.fr lefigaro.fr lire.fr fred.fr sncf.fr culture.gouv.fr univ-lille.fr ac-paris.fr inria.fr ens.fr
radiofrance.com afp.com mozilla.org bnf.fr hebdo.test readers.invalid maree.fr liberation.fr rfi.fr
"""


@pytest.mark.parametrize(
    ("typed", "meant"), [(slip, meant) for meant, slips in SLIPS.items() for slip in slips.split()]
)
def test_a_slip_is_known(typed: str, meant: str) -> None:
    assert domains.likely(typed) == meant
    assert domains.likely(typed.upper()) == meant


@pytest.mark.parametrize("domain", [*RIGHT.split(), *sorted(domains.RIGHT)])
def test_a_right_domain_is_never_corrected(domain: str) -> None:
    assert domains.likely(domain) is None


@given(st.text(max_size=40))
def test_what_is_offered_is_common_and_near(typed: str) -> None:
    offered = domains.likely(typed)
    assert offered is None or offered in domains.COMMON


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("gmail", "gmail", 0),
        ("gmial", "gmail", 1),
        ("gmai", "gmail", 1),
        ("gmaill", "gmail", 1),
        ("hmail", "gmail", 1),
        ("", "gmail", 5),
        ("ca", "abc", 3),
    ],
)
def test_edits_are_counted(one: str, other: str, edits: int) -> None:
    assert domains.distance(one, other) == edits
    assert domains.distance(other, one) == edits
