"""What mail can refuse, and in which words.

    MailError
    ├── MjmlError        the MJML does not hold: says the line
    ├── UnknownSlot      typed text names a slot that does not exist
    ├── UnfitValue       a value (name, address, token) cannot stand in a mail
    ├── UnfitHeader      a newsletter's own setting cannot stand in a header
    └── UnfitKey         a key file cannot sign mail

A relay's refusals are no errors: they are an `Answer`.
"""

from __future__ import annotations


class MailError(Exception):
    """The root: everything that `emails` raises by itself."""


class MjmlError(MailError):
    """MJML that would not print well; `line` counts from 1, and is 0 where no line is to blame."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line
        self.message = message


class UnknownSlot(MailError):
    """Names the slot that nobody can fill and the ones that exist."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        offer = ", ".join(f"{{{{{each}}}}}" for each in known)
        super().__init__(f"{{{{{name}}}}} is not a slot; these are: {offer}")
        self.name = name


class UnfitValue(MailError):
    """One addressee's value cannot be written into the mail: a matter for that copy alone."""

    def __init__(self, slot: str, reason: str) -> None:
        super().__init__(f"{slot}: {reason}")
        self.slot = slot


class UnfitHeader(MailError):
    """A newsletter's setting cannot be written into a header: concerns every copy."""

    def __init__(self, header: str, reason: str) -> None:
        super().__init__(f"{header}: {reason}")
        self.header = header


class UnfitKey(MailError):
    """A key that receivers would not accept, or no key at all; says what the file holds."""
