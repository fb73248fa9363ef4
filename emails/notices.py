"""Mails to one person about their own affairs, one function each.

Each has one button, and under it the same address in full for those whose program shows none. A
confirmation holds nothing that the visitor typed: who signs somebody else up cannot write to them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

from emails import comment_words, frames, mine_words, notice_words, slots, typed
from emails.notice_words import Wording
from emails.passages import WIDTH, fold
from emails.values import Masthead, Notice

QUOTED = 400
"""Characters of somebody's words that a notice repeats."""

DESK = "Hebdo"
DESK_ACCENT = "#9a2617"


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody wrote under an issue, as typed; as much of it as a mail needs is shown."""

    name: str
    text: str

    @property
    def who(self) -> str:
        return typed.line(self.name)

    @property
    def words(self) -> str:
        """In one paragraph, cut between two words."""
        return textwrap.shorten(typed.line(self.text), QUOTED, placeholder=" …")


@dataclass(frozen=True, slots=True)
class _Letter:
    """A notice as both its parts show it; every text is plain, one paragraph each."""

    name: str
    language: str
    accent: str
    wording: Wording
    url: str
    quotes: tuple[Quote, ...] = ()
    """What others wrote, between our words and the button."""
    ways: tuple[tuple[str, str], ...] = ()
    """Links beneath: the words and where they lead."""
    imprint: tuple[str, ...] = ()
    unsubscribe_url: str = ""
    mine_url: str = ""


def confirmation(masthead: Masthead, confirm_url: str, names: Sequence[str] = ()) -> Notice:
    """Asks for the one press that makes a subscriber of an address.

    `names` are those of all newsletters that the press confirms, where it is more than one.
    """
    spoken = notice_words.spoken(masthead.language)
    return _asking(
        masthead, spoken.confirmation, spoken.confirmation_of_several, confirm_url, names
    )


def reminder(masthead: Masthead, confirm_url: str, names: Sequence[str] = ()) -> Notice:
    """Asks the same once more, some days later, and says that it is the last time."""
    spoken = notice_words.spoken(masthead.language)
    return _asking(masthead, spoken.reminder, spoken.reminder_of_several, confirm_url, names)


def _asking(
    masthead: Masthead, of_one: Wording, of_several: Wording, url: str, names: Sequence[str]
) -> Notice:
    if len(names) < 2:
        return _print(_letter(masthead, of_one, url))
    listed = tuple(f"– {typed.line(name)}" for name in names)
    # Braces in a name are the newsletter's own, not a place to be completed.
    told = tuple(each.replace("{", "{{").replace("}", "}}") for each in listed)
    before = (*of_several.before[:1], *told, *of_several.before[1:])
    return _print(_letter(masthead, replace(of_several, before=before), url))


def already_subscribed(masthead: Masthead, mine_url: str = "") -> Notice:
    """What differs when a known address signs up again is said here, and nowhere on the page."""
    wording = notice_words.spoken(masthead.language).already_subscribed
    return _print(replace(_letter(masthead, wording, masthead.home_url), mine_url=mine_url))


def my_subscription(masthead: Masthead, url: str, hours: int) -> Notice:
    """The link to her own page, for whoever asked for it with this address."""
    wording = mine_words.spoken(masthead.language).my_subscription
    return _print(_letter(masthead, wording, url, hours=str(hours)))


def address_confirmation(masthead: Masthead, url: str, hours: int) -> Notice:
    """To a new address: one press, and the subscription comes there."""
    wording = mine_words.spoken(masthead.language).address_confirmation
    return _print(_letter(masthead, wording, url, hours=str(hours)))


def address_taken(masthead: Masthead, url: str) -> Notice:
    """To a new address that is a subscriber's already; the page that asked says nothing of it."""
    return _print(_letter(masthead, mine_words.spoken(masthead.language).address_taken, url))


def address_changing(masthead: Masthead, url: str) -> Notice:
    """To the old address. It does not name the new one, which is text of a stranger's, and which is
    not kept where it must not be mailed."""
    return _print(_letter(masthead, mine_words.spoken(masthead.language).address_changing, url))


def welcome(
    masthead: Masthead,
    unsubscribe_url: str,
    latest_subject: str = "",
    latest_url: str = "",
    first_name: str = "",
    mine_url: str = "",
) -> Notice:
    """After the confirmation: the latest issue, where there is one, her page, and the way out."""
    spoken = notice_words.spoken(masthead.language)
    wording = spoken.welcome
    if not latest_url:
        button = spoken.already_subscribed.button
        wording = replace(wording, before=wording.before[:1], button=button)
    if first_name.strip():
        wording = replace(wording, before=(spoken.greeting, *wording.before))
    letter = _letter(
        masthead,
        wording,
        latest_url or masthead.home_url,
        latest=slots.plain(latest_subject),
        first_name=typed.line(first_name),
    )
    return _print(replace(letter, unsubscribe_url=unsubscribe_url, mine_url=mine_url))


def password_reset(reset_url: str, hours: int, language: str) -> Notice:
    """To an editor who asked for a new password."""
    return _print(_desk_letter(notice_words.spoken(language).reset, reset_url, hours, language))


def invitation(invitation_url: str, hours: int, language: str) -> Notice:
    """To a new editor, who chooses the first password behind the link."""
    wording = notice_words.spoken(language).invitation
    return _print(_desk_letter(wording, invitation_url, hours, language))


def comment_shown(masthead: Masthead, issue: str, comment_url: str, own_url: str) -> Notice:
    """To an author whose comment came to stand under an issue; the way to take it back with it.

    It holds nothing that she typed: her address may have been typed by somebody else.
    """
    spoken = comment_words.spoken(masthead.language)
    letter = _letter(masthead, spoken.comment_shown, comment_url, issue=slots.plain(issue))
    return _print(replace(letter, ways=((spoken.own_comment, own_url),)))


def comment_answered(
    masthead: Masthead, issue: str, answer: Quote, answer_url: str, own_url: str, quiet_url: str
) -> Notice:
    """To an author who asked for it: what was answered, the ways to stop this and to take hers back."""
    spoken = comment_words.spoken(masthead.language)
    letter = _letter(masthead, spoken.comment_answered, answer_url, issue=slots.plain(issue))
    ways = ((spoken.quiet_comment, quiet_url), (spoken.own_comment, own_url))
    return _print(replace(letter, quotes=(answer,), ways=ways))


def comments_wait(
    masthead: Masthead, count: int, waiting: Sequence[Quote], desk_url: str
) -> Notice:
    """To an editor who asked for it: how many comments wait, and the first of them."""
    wording = comment_words.spoken(masthead.language).comments_wait
    letter = _letter(masthead, wording, desk_url, count=str(count))
    return _print(replace(letter, quotes=tuple(waiting)))


def _letter(masthead: Masthead, wording: Wording, url: str, **said: str) -> _Letter:
    name = typed.line(masthead.name)
    publisher = typed.line(masthead.publisher)
    address = typed.paragraphs(masthead.postal_address).strip().split("\n")
    return _Letter(
        name=name,
        language=masthead.language,
        accent=masthead.accent,
        wording=_said(wording, newsletter=name, sender=masthead.sender_address, **said),
        url=url,
        imprint=(publisher, *address),
    )


def _desk_letter(wording: Wording, url: str, hours: int, language: str) -> _Letter:
    return _Letter(DESK, language, DESK_ACCENT, _said(wording, hours=str(hours)), url)


def _said(wording: Wording, **said: str) -> Wording:
    """The sentences completed. Only ours are formats; what fills them is never one itself."""
    return Wording(
        wording.subject.format(**said),
        wording.title.format(**said),
        tuple(each.format(**said) for each in wording.before),
        wording.button.format(**said),
        tuple(each.format(**said) for each in wording.after),
    )


def _print(letter: _Letter) -> Notice:
    html = frames.html(
        "notice.mjml.j2",
        letter=letter,
        wording=letter.wording,
        spoken=notice_words.spoken(letter.language),
        dress=frames.dress(letter.language, letter.accent),
    )
    return Notice(letter.wording.subject, slots.close(html), _text(letter))


def _text(letter: _Letter) -> str:
    spoken = notice_words.spoken(letter.language)
    wording = letter.wording
    ways = ((spoken.unsubscribe, letter.unsubscribe_url), (spoken.mine, letter.mine_url))
    parts = [
        letter.name.upper(),
        f"{wording.title}\n{'=' * len(wording.title)}",
        *(fold(each) for each in wording.before),
        *(fold(f"{each.who} — {each.words}", "> ", "> ") for each in letter.quotes),
        f"{wording.button}\n{letter.url}",
        *(fold(each) for each in wording.after),
        "-" * WIDTH,
        *(f"{label}\n{url}" for label, url in (*letter.ways, *ways) if url),
        "\n".join(letter.imprint),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"
