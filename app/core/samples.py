"""What a first start finds: a newsletter with its rubrics, one complete issue, readers to send it to.

The issue is the file `app/samples/weekly.fr.md`, read by the very import that editors use. The
readers' addresses end in `.invalid` (RFC 2606 §2): no mail to them can ever leave the machine.
"""

from __future__ import annotations

from pathlib import Path

from app.core import clock, images, imports, imprints, issues, newsletters
from app.core.newsletters import Settings
from app.extensions import db
from app.models import (
    Consent,
    ConsentAct,
    Image,
    Newsletter,
    Subscriber,
    Subscription,
    SubscriptionState,
)

FOLDER = Path(__file__).parents[1] / "samples"
ISSUE = "weekly.fr.md"
PICTURE = "centre-de-donnees.png"
SLUG = "essentiel-ia"

SETTINGS = Settings(
    name="L’essentiel de l’IA",
    tagline="Chaque semaine, l’actualité de l’IA sans le bruit",
    description=(
        "Une lettre par semaine : ce qui s’est passé dans l’intelligence artificielle, pourquoi cela"
        " compte, et trois personnes qui savent de quoi elles parlent.\n\n"
        "Cinq minutes de lecture, aucune publicité déguisée, et un lien pour partir dans chaque"
        " numéro."
    ),
    language="fr",
    rhythm="chaque mardi matin",
    sender_name="L’essentiel de l’IA",
    sender_address="lettre@essentiel-ia.invalid",
    reply_to="redaction@essentiel-ia.invalid",
    publisher="La rédaction de L’essentiel de l’IA",
    postal_address="12, rue des Imprimeurs\n75011 Paris\nFrance",
)

IMPRINT = imprints.Particulars(
    publisher="La rédaction de L’essentiel de l’IA, association d’exemple",
    postal_address="12, rue des Imprimeurs\n75011 Paris\nFrance",
    phone="01 99 00 12 34",
    contact="redaction@essentiel-ia.invalid",
    director="Camille Exemple",
    host="Cette machine, pour essayer",
    host_address="12, rue des Imprimeurs\n75011 Paris\nFrance",
    host_phone="01 99 00 12 35",
)
"""Nobody's: the numbers are of those kept for fiction (01 99 00 xx xx, Arcep)."""

READERS = (
    ("Amina", "amina.benali"),
    ("Baptiste", "baptiste.roy"),
    ("Chloé", "chloe"),
    ("Diego", "diego.fernandez"),
    ("Élodie", "elodie.petit"),
    ("", "f.martin"),
    ("Gaël", "gael.le-goff"),
    ("Hưng", "hung.tran"),
    ("Inès", "ines+lettres"),
    ("Jean-Noël", "jn.dubois"),
    ("Kenza", "kenza"),
    ("Léa", "lea.girard"),
    ("Mathis", "mathis.morel"),
    ("Noémie", "noemie.blanc"),
    ("", "o"),
    ("Priya", "priya.raman"),
    ("Quentin", "quentin_75"),
    ("Røan", "roan.nilsen"),
    ("Zoë", "zoe.d-arcy"),
    ("Thomas", "thomas.bernard"),
    ("Ugo", "ugo.ricci"),
    ("Valérie", "valerie.fournier"),
    ("Wassim", "wassim.haddad"),
    ("Xavière", "xaviere"),
    ("Yaël", "yael.cohen"),
)
"""First names (some readers give none) and local parts: accents, hyphens and plus signs among them."""


def plant(folder: Path) -> Newsletter:
    """Everything at once, pictures into `folder`; changes nothing where the newsletter is there."""
    found = newsletters.find(SLUG)
    if found is not None:
        return found
    newsletter = newsletters.add(SLUG, SETTINGS)
    issues.create_from(
        newsletter,
        imports.read((FOLDER / ISSUE).read_text(encoding="utf-8"), newsletter.rubrics),
        {PICTURE: keep_picture(folder)},
    )
    if imprints.read() == imprints.Particulars():
        imprints.keep(IMPRINT)
    for first_name, local in READERS:
        _add_reader(newsletter, first_name, f"{local}@lecteurs.invalid")
    db.session.flush()
    return newsletter


def keep_picture(folder: Path) -> Image:
    return images.keep((FOLDER / PICTURE).read_bytes(), folder)


def _add_reader(newsletter: Newsletter, first_name: str, address: str) -> None:
    now = clock.now()
    subscriber = Subscriber(
        address=address, address_key=address, first_name=first_name, language="fr", created_at=now
    )
    consent = Consent(act=ConsentAct.IMPORTED, at=now, wording="", source="lecteurs d’exemple")
    db.session.add(
        Subscription(
            subscriber=subscriber,
            newsletter=newsletter,
            state=SubscriptionState.CONFIRMED,
            asked_at=now,
            confirmed_at=now,
            consents=[consent],
        )
    )
