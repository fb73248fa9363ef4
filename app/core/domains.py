"""Domains of addresses: which are common, and which is a slip of the finger away from one of them.

What is near is counted in edits (a letter too many, too few, another, or two that changed places: the
optimal string alignment distance), apart for the name before the last dot and for the ending behind
it. An offer is only made where a slip is far likelier than a domain of that spelling:

- the name starts as the common one does, or its first two letters changed places;
- a name of four letters is made of the same letters (fre.fr, but not fred.fr), a shorter one is right;
- one edit in a name of five or six letters, two in a longer one, one in the ending, two in all;
- what is itself a provider's domain, in any country, is never corrected.
"""

from __future__ import annotations

COMMON = (
    *("gmail.com", "orange.fr", "hotmail.fr", "free.fr", "yahoo.fr", "wanadoo.fr", "hotmail.com"),
    *("laposte.net", "outlook.fr", "outlook.com", "sfr.fr", "live.fr", "icloud.com", "neuf.fr"),
    *("yahoo.com", "bbox.fr", "numericable.fr", "aliceadsl.fr", "club-internet.fr", "gmx.fr"),
    *("protonmail.com", "proton.me", "googlemail.com", "cegetel.net", "mailo.com", "aol.com"),
)
"""What readers of a French newsletter write most, the commonest first: of two as near, the first wins."""

ELSEWHERE = ("gmail", "googlemail", "icloud", "laposte", "wanadoo", "protonmail")
"""Names that one ending alone goes with: gmail.fr is nobody's mailbox."""

_ENDINGS = (
    "com fr be ch ca de es it nl pt ie at dk fi se no pl cz gr hu ro lu eu net org me re nc pf mq gp gf yt "
    "ma tn dz sn ci cd lb il tr ru in jp cn kr hk sg my ph th vn id au nz za br ar cl mx pe "
    "co.uk uk co.in co.id co.jp co.kr co.il co.za co.th co.nz com.br com.ar com.mx com.tr com.au com.sg"
)
COUNTRIES = frozenset(_ENDINGS.split())
"""Endings under which the providers that are everywhere have addresses. Not co, om and cm: more often a
slip of com."""

EVERYWHERE = (
    "yahoo",
    "ymail",
    "rocketmail",
    "hotmail",
    "live",
    "outlook",
    "msn",
    "gmx",
    "aol",
    "orange",
)

RIGHT = frozenset(
    {
        *COMMON,
        *(f"{name}.{ending}" for name in EVERYWHERE for ending in COUNTRIES),
        *(
            "mail.com",
            "email.com",
            "grail.com",
            "gail.com",
            "me.com",
            "mac.com",
            "pm.me",
            "free.org",
        ),
        *(
            "oranges.fr",
            "laposte.fr",
            "laposte.info",
            "mailo.fr",
            "sfr.net",
            "sfr.com",
            "neuf.com",
            "voila.fr",
        ),
        *(
            "proton.com",
            "protonmail.ch",
            "tutanota.com",
            "tuta.io",
            "posteo.net",
            "posteo.de",
            "ik.me",
        ),
        *(
            "fastmail.com",
            "fastmail.fm",
            "zoho.com",
            "hey.com",
            "web.de",
            "t-online.de",
            "libero.it",
        ),
        *("skynet.be", "telenet.be", "proximus.be", "bluewin.ch", "videotron.ca", "sympatico.ca"),
        *("yandex.com", "yandex.ru", "mail.ru", "qq.com", "163.com", "126.com", "freenet.de"),
    }
)
"""Providers' domains, common here or not: right as they are, however near to another."""

MOST = 2
"""Edits in all."""


def likely(domain: str) -> str | None:
    """The common domain that was probably meant; None when this one may well be right."""
    written = domain.lower()
    name, dot, ending = written.partition(".")
    if written in RIGHT or not dot:
        return None
    if name in ELSEWHERE:
        return next(each for each in COMMON if each.partition(".")[0] == name)
    near = [(edits, each) for each in COMMON if (edits := _slip(name, ending, each)) is not None]
    return min(near, key=lambda found: found[0])[1] if near else None


def _slip(name: str, ending: str, common: str) -> int | None:
    """The edits between what was written and a common domain; None when it was hardly meant."""
    meant, _dot, meant_ending = common.partition(".")
    in_name, in_ending = distance(name, meant), distance(ending, meant_ending)
    if in_ending > 1 or in_name + in_ending > MOST or (in_ending and ending in COUNTRIES):
        return None
    return in_name + in_ending if in_name == 0 or _is_near(name, meant, in_name) else None


def _is_near(name: str, meant: str, edits: int) -> bool:
    starts_alike = name[:1] == meant[:1] or name[:2] == meant[1::-1]
    if len(meant) < 4 or not starts_alike:
        return False
    if len(meant) == 4:
        return edits == 1 and set(name) <= set(meant)
    return edits <= (1 if len(meant) < 7 else 2)


def distance(one: str, other: str) -> int:
    """Optimal string alignment: insertions, deletions, substitutions, neighbours that changed places."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        row = [i]
        for j, right in enumerate(other, 1):
            edits = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                edits = min(edits, before[j - 2] + 1)
            row.append(edits)
        before, above = above, row
    return above[-1]
