"""The imprint: what the law asks this installation's pages to say of who is behind them.

LCEN (law 2004-575) art. 1-1: a publisher's name, address and telephone, her entry in the register if
she has one, the director of publication, and the host's name, address and telephone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from app.core import addresses
from app.core.errors import Invalid
from app.extensions import _, db
from app.models import Imprint
from emails import typed

THE_ONE = 1

LONGEST = 500
"""Characters of a field."""

SEVERAL_LINES = frozenset({"postal_address", "host_address"})


@dataclass(frozen=True, slots=True)
class Particulars:
    """An imprint as a value; everything is plain text."""

    publisher: str = ""
    postal_address: str = ""
    phone: str = ""
    contact: str = ""
    registration: str = ""
    director: str = ""
    host: str = ""
    host_address: str = ""
    host_phone: str = ""


WANTED = {
    "publisher": _("the publisher"),
    "postal_address": _("the publisher’s address"),
    "phone": _("the publisher’s telephone number"),
    "contact": _("an e‑mail address to write to"),
    "director": _("the director of publication"),
    "host": _("the host"),
    "host_address": _("the host’s address"),
    "host_phone": _("the host’s telephone number"),
}
"""What must not be missing, in words."""


def read() -> Particulars:
    """What is kept; all empty before anybody filled it in."""
    row = db.session.get(Imprint, THE_ONE)
    if row is None:
        return Particulars()
    return Particulars(**{each.name: getattr(row, each.name) for each in fields(Particulars)})


def keep(given: Particulars) -> None:
    """Keep these; what is still missing may be filled in later. Raises Invalid beside its field."""
    cleaned = {
        name: typed.bare(typed.paragraphs(value) if name in SEVERAL_LINES else typed.line(value))
        for name, value in asdict(given).items()
    }
    faults: dict[str, object] = {
        name: _("This is too long.") for name, value in cleaned.items() if len(value) > LONGEST
    }
    if cleaned["contact"]:
        try:
            addresses.read(cleaned["contact"])
        except Invalid as refused:
            faults["contact"] = refused.message
    if faults:
        raise Invalid(_("The legal notice needs another look."), faults)
    db.session.merge(Imprint(id=THE_ONE, **cleaned))
    db.session.flush()


def missing(of: Particulars | None = None) -> list[object]:
    """What the law asks for and nobody has filled in, in words."""
    kept = asdict(of or read())
    return [said for name, said in WANTED.items() if not kept[name]]
