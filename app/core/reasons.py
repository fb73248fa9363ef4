"""Reasons: why a copy did not go out, an edition stands still or a mail cannot be made, for people.

Workers and mails speak no language: they keep the reason in the words below, and whoever shows it
says it in the reader's. What a relay said stands in no list of ours and is shown as it said it.
"""

from __future__ import annotations

import re

from flask_babel import gettext

from app.extensions import _

KNOWN = tuple(
    sentence.written
    for sentence in (
        _("no longer a subscriber"),
        _("unsubscribed before her turn"),
        _("paused"),
        _("suppressed"),
        _("the edition was cancelled"),
        _("she has hidden all rubrics of this issue"),
        _("her copy ended its worker three times: nobody can make it as things stand"),
        _("no mail can be made for this reader: %(why)s"),
        _("its worker was lost, and its journal with it"),
        _("its worker was lost before the relay answered"),
        _("expired after %(attempts)s attempts; the last answer was: %(why)s"),
        _("the worker's print differs from the one that was approved"),
        _("it could not be printed: %(why)s"),
        _("no mail can be made of it: %(why)s"),
        _("its moment passed while nothing that sends was running"),
        _("%(strikes)s workers in a row died over it"),
        _("the relay does not answer"),
        _("the relay did not answer in time"),
        _("the relay closed the connection"),
        _("no session within %(seconds)s s"),
        _("{{%(name)s}} is not a slot; these are: %(known)s"),
    )
)
"""As the code writes them; a test reads the code for them."""


def said(kept: str) -> str:
    """A reason in the language of the page, a relay's answer as it came."""
    for written in KNOWN:
        found = re.fullmatch(_pattern(written), kept, re.DOTALL)
        if found is not None:
            inner = {name: said(value) for name, value in found.groupdict().items()}
            return str(gettext(written, **inner))
    return kept


def _pattern(written: str) -> str:
    """What a sentence looks like once its places are filled."""
    parts = re.split(r"%\((\w+)\)s", written)
    return "".join(f"(?P<{part}>.*)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
