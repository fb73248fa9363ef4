"""A caught mail taken apart for the page: its headers, its text, its HTML, its way out."""

from __future__ import annotations

import email
import email.policy
import http.client
import re
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import SplitResult, urlsplit

ONE_CLICK = b"List-Unsubscribe=One-Click"
"""The body of the POST, word for word (RFC 8058 §3.1)."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as the page shows it."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    one_click_url: str
    """Empty when the mail offers none (RFC 8058 needs both headers)."""


def read(data: bytes) -> Mail:
    message = email.message_from_bytes(data, policy=email.policy.default)
    return Mail(
        headers=tuple((name, str(value)) for name, value in message.items()),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        one_click_url=_one_click_url(message),
    )


def for_frame(html: str) -> str:
    """The HTML with its links opening beside the inbox instead of inside the frame."""
    base = '<base target="_blank">'
    framed, count = re.subn(r"<head[^>]*>", lambda head: head[0] + base, html, count=1, flags=re.I)
    return framed if count else base + html


def press_one_click(url: str, base_url: str) -> int:
    """POST as a mail program does (RFC 8058): no cookie, no redirect followed; the status.

    Only to our own service: raises ValueError for any other place, so that a mail from elsewhere
    cannot make this machine call an address of its choosing.
    """
    target, ours = urlsplit(url), urlsplit(base_url)
    if _place(target) != _place(ours):
        raise ValueError(url)
    secure = target.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    line = kind(target.hostname or "", target.port, timeout=10)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST", target.path, ONE_CLICK, headers)
        return line.getresponse().status
    finally:
        line.close()


def _place(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:
        # It names a charset that does not exist; most of it is readable all the same.
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")


def _one_click_url(message: EmailMessage) -> str:
    if "List-Unsubscribe-Post" not in message:
        return ""
    found = re.search(r"<(https?://[^>\s]+)>", str(message.get("List-Unsubscribe", "")))
    return found[1] if found else ""
