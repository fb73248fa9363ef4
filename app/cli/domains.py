"""What receivers ask the DNS about the domains we write from: SPF, DKIM, DMARC.

A finding for each domain and each of the three, with the very record to publish where one is missing or
wrong. That nobody could tell is no fault, and keeps nothing else from being looked at.
"""

from __future__ import annotations

from collections.abc import Callable

from app.cli import zones
from app.cli.findings import Finding
from app.cli.relays import Station, ask_again
from app.core import newsletters
from app.extensions import settings
from app.lookups import Lookups, Unanswered, is_reserved
from emails import dmarc, headers, spf
from emails.dkim import Signer
from emails.errors import UnfitValue

SHORT_ENDING = 3
"""Letters: under co.uk or com.br it is the third label from the end that somebody owns."""

MEND_SENDER = "An admin mends it at the desk, under Newsletters: the sender's address."


def of_senders() -> list[str]:
    """The domains of all our senders, in their ASCII form; a sender that is unfit has none."""
    return _domains(_senders())[0]


def _senders() -> list[str]:
    return [settings().mail_from, *(each.sender_address for each in newsletters.listing())]


def _envelopes() -> list[str]:
    """Those that SPF is about: where bounces come back (RFC 7208 §2.4)."""
    back = settings().return_address
    return [back] if back else _senders()


def _domains(senders: list[str]) -> tuple[list[str], dict[str, str]]:
    """The domains in their ASCII form; and each sender that no mail can leave from, with the reason."""
    domains, unfit = set(), {}
    for each in senders:
        try:
            domains.add(headers.address("", each, accents=False).rpartition("@")[2].lower())
        except UnfitValue as odd:
            unfit[each] = str(odd).removeprefix(": ")
    return sorted(domains), unfit


def look_at_spf(relay: Station, lookups: Lookups) -> list[Finding]:
    return _each("spf", _envelopes(), lambda domain: _spf(domain, relay, lookups))


def look_at_dkim(lookups: Lookups) -> list[Finding]:
    return _each("dkim", _senders(), lambda domain: _dkim(domain, settings().signer, lookups))


def look_at_dmarc(lookups: Lookups) -> list[Finding]:
    return _each("dmarc", _senders(), lambda domain: _dmarc(domain, lookups))


def _each(name: str, senders: list[str], look: Callable[[str], Finding]) -> list[Finding]:
    domains, unfit = _domains(senders)
    found = [
        Finding(name, False, f"Nothing can be sent from {each}, which {why}.", MEND_SENDER)
        for each, why in unfit.items()
    ]
    real = [each for each in domains if not is_reserved(each)]
    if domains and not real:
        says = f"Nobody can look up the domains we write from: {', '.join(domains)} (RFC 2606)."
        found.append(Finding(name, True, says))
    return found + [_asked(name, each, look) for each in real]


def _asked(name: str, domain: str, look: Callable[[str], Finding]) -> Finding:
    try:
        return look(domain)
    except Unanswered as why:
        return Finding(name, None, f"{domain} could not be looked up: {why}.", ask_again())


# SPF -----------------------------------------------------------------------------------------------


def _spf(domain: str, relay: Station, lookups: Lookups) -> Finding:
    found = spf.records(lookups.texts(domain))
    if not found:
        return _no_spf(domain, relay, lookups)
    if len(found) > 1:
        says = f"{domain} has {len(found)} SPF records, and receivers then heed none of them."
        do = f"Publish one in their place:\n{zones.txt(domain, spf.merged(found))}"
        return Finding("spf", False, says, do)
    try:
        reach = spf.reach(found[0], domain, lookups)
    except spf.Broken as why:
        says = f"{domain} has an SPF record that receivers cannot use: {why}."
        return Finding("spf", False, says, f"Mend it. It reads:\n{zones.txt(domain, found[0])}")
    return _reached(domain, found[0], reach, relay)


def _no_spf(domain: str, relay: Station, lookups: Lookups) -> Finding:
    if not lookups.is_there(domain):
        says = f"There is no domain {domain} in the DNS."
        do = "Is it misspelt in a newsletter's sender, HEBDO_MAIL_FROM or HEBDO_RETURN_ADDRESS?"
        return Finding("spf", False, says, do)
    record = zones.txt(domain, f"v=spf1 {relay.term} ~all")
    do = (
        f"Publish this, with a term for whatever else mails from {domain}. {_term(relay)}\n{record}"
    )
    return Finding("spf", False, f"{domain} has no SPF record.", do)


def _reached(domain: str, record: str, reach: spf.Reach, relay: Station) -> Finding:
    more = f"{_term(relay)}\n{zones.txt(domain, spf.extended(record, relay.term))}"
    if reach.is_open:
        says = f"{domain} lets anybody send in its name: its SPF record says +all."
        return Finding("spf", False, says, "Put ~all or -all in its place.")
    if reach.is_empty:
        return Finding("spf", False, f"{domain} lets nobody send in its name.", more)
    by_address = [one for one in relay.addresses if reach.holds(one)]
    if by_address:
        return Finding("spf", True, f"{domain} lets {relay.host} send ({by_address[0]}).")
    theirs = (relay.include or relay.host, relay.host)
    by_name = [one for one in reach.named if any(_kin(one, each) for each in theirs)]
    if by_name and not relay.is_near:
        return Finding("spf", True, f"{domain} lets {by_name[0]} send, which is the relay's.")
    if relay.is_near:
        says = f"{domain} has an SPF record; whether it lets this relay send is not known here."
        do = f"It must hold the address that {relay.host} mails from. It reads:\n{zones.txt(domain, record)}"
        return Finding("spf", None, says, do)
    says = (
        f"{domain} has an SPF record that does not name the relay {relay.host}, as far as we see."
    )
    return Finding("spf", None, says, more)


def _term(relay: Station) -> str:
    """What is to be known about the term that we propose."""
    if relay.include:
        return f"{relay.host} asks for {relay.term}."
    if relay.is_near:
        return f"ADDRESS is the one that {relay.host} mails from."
    return (
        f"{relay.term} is right if {relay.host} itself delivers;"
        " of a provider's relay take the include: that the provider names."
    )


def _kin(one: str, other: str) -> bool:
    """Whether two names are below one that somebody owns."""
    return _owned(one) == _owned(other)


def _owned(name: str) -> tuple[str, ...]:
    labels = name.lower().rstrip(".").split(".")
    count = 3 if len(labels) > 2 and len(labels[-2]) <= SHORT_ENDING else 2
    return tuple(labels[-count:])


# DKIM ----------------------------------------------------------------------------------------------


def _dkim(domain: str, signer: Signer | None, lookups: Lookups) -> Finding:
    if signer is None:
        says = f"Hebdo signs no mail: whether the relay signs for {domain} is not known here."
        do = (
            f"In a mail that you got, DKIM-Signature must hold d={domain}. If it does not, set that"
            "\nup with the relay's provider, or let Hebdo sign: hebdo dkim key FILE"
        )
        return Finding("dkim", None, says, do)
    name = signer.record_name(domain)
    published = [_tags(each) for each in lookups.texts(name)]
    ours = _tags(signer.record())
    if ours in published:
        return Finding("dkim", True, f"{name} holds the key that signs.")
    do = f"Publish this; it can take hours to be seen:\n{zones.txt(name, signer.record())}"
    if not published:
        return Finding("dkim", False, f"{name} is not published.", do)
    if any(not key for _kind, key in published):
        return Finding("dkim", False, f"{name} is revoked: its p= is empty.", do)
    return Finding("dkim", False, f"{name} holds another key.", f"{do}\nin place of what is there.")


def _tags(text: str) -> tuple[str, str]:
    """What of a record makes it ours: kind and key, blanks left out (RFC 6376 §3.6.1)."""
    pairs = (pair.partition("=") for pair in "".join(text.split()).split(";"))
    found = {name: value for name, _, value in pairs}
    return found.get("k", "rsa"), found.get("p", "")


# DMARC ---------------------------------------------------------------------------------------------


def _dmarc(domain: str, lookups: Lookups) -> Finding:
    for place in dmarc.places(domain):
        found = dmarc.records(lookups.texts(f"_dmarc.{place}"))
        if found:
            return _policy(domain, place, found)
    do = f"Publish at least this; it asks receivers for nothing:\n{_least(domain)}"
    return Finding("dmarc", False, f"{domain} has no DMARC record.", do)


def _policy(domain: str, place: str, found: list[str]) -> Finding:
    try:
        policy = dmarc.policy(found, inherited=place != domain)
    except dmarc.Broken as why:
        do = f"Publish one that is whole, at least:\n{_least(place)}"
        return Finding("dmarc", False, f"{place} {why}.", do)
    whose = "" if place == domain else f", as {place} says"
    says = f"{domain} asks receivers to apply p={policy} to mail that is not from it{whose}."
    return Finding("dmarc", True, says)


def _least(domain: str) -> str:
    return zones.txt(f"_dmarc.{domain}", "v=DMARC1; p=none")
