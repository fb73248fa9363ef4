"""What is kept of people, table by table: the privacy page is made from this list.

A test holds it against the tables that there are, so that a new one must be told of here.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core import confirmations, unconfirmed
from app.extensions import _


@dataclass(frozen=True, slots=True)
class Record:
    """One kind of thing that is kept of a person; sentences for the page."""

    title: object
    tables: tuple[str, ...]
    what: object
    why: object
    until: object


RECORDS = (
    Record(
        _("Your subscription"),
        ("subscriber", "subscription", "detail", "address_change"),
        _(
            "Your address, the first name and the answers that you gave, your language, which newsletters"
            " you asked for and since when, what you wish of them, a change of address, and why you left"
            " if you told us."
        ),
        _("To send you what you asked for, because you agreed to it (GDPR, article 6(1)(a))."),
        _(
            "Until you have it erased. A sign-up that is not confirmed within %(link)d days cannot be"
            " confirmed any more, and after %(kept)d days nothing is left of it.",
            link=confirmations.CONFIRM_WITHIN.days,
            kept=unconfirmed.KEPT.days,
        ),
    ),
    Record(
        _("The proof that you asked"),
        ("consent",),
        _(
            "The sentence you agreed to, when, on which page, and the neighbourhood of your network"
            " address, which 256 neighbours share; the same of what you changed later."
        ),
        _("Because we must be able to prove it (GDPR, article 7(1))."),
        _("As long as your subscription is kept; also after you left."),
    ),
    Record(
        _("The mails sent to you"),
        ("delivery", "batch", "notice"),
        _(
            "Which issues and which mails about your own affairs were handed over, when, and what the"
            " receiving server answered. Not whether you opened them: nothing in them tells us."
        ),
        _(
            "To send each mail once, and to see what did not arrive: our legitimate interest"
            " (GDPR, article 6(1)(f))."
        ),
        _("As long as your subscription; of an issue, only a number without a person stays."),
    ),
    Record(
        _("Addresses that must not be written to"),
        ("suppression",),
        _(
            "A keyed fingerprint of the address and the reason: mail came back, was reported as unwanted,"
            " or its owner had herself erased. In the last case the address itself is not kept."
        ),
        _(
            "So that a list that is brought in later cannot wake what must stay asleep (6(1)(c) and (f))."
        ),
        _("Until its owner asks us to lift it."),
    ),
    Record(
        _("Comments"),
        ("comment", "moderation"),
        _(
            "The name and words that stand on the page, the address, which is never shown, and what the"
            " newsroom decided."
        ),
        _(
            "To show what you wrote, to tell you of answers and to let you take it back: our legitimate"
            " interest (GDPR, article 6(1)(f))."
        ),
        _(
            "The address three years at the most; what was turned down is erased after 30 days; all of it"
            " at once when you take it back."
        ),
    ),
    Record(
        _("The people at the desk"),
        ("editor", "desk_session"),
        _(
            "An editor’s name, address, role, the fingerprint of her password, when she last came in, and"
            " the sessions in which she is signed in."
        ),
        _("To let in those who write, and nobody else."),
        _("Until an admin removes her."),
    ),
)

IMPERSONAL = frozenset(
    {
        *("newsletter", "rubric", "question", "issue", "story", "image", "edition", "correction"),
        *("imprint", "installation", "worker", "share", "relay_offer", "page_mark"),
    }
)
"""Tables in which nothing about readers stands."""
