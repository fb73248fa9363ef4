"""One newsletter and one full issue, in our own words, that the tests of mail share."""

from __future__ import annotations

import datetime as dt

from emails.values import (
    Addressee,
    IssueText,
    Masthead,
    Picture,
    RubricKind,
    RubricText,
    StoryText,
)

MASTHEAD = Masthead(
    name="L’essentiel de l’IA",
    slug="essentiel-ia",
    tagline="Toutes les semaines, ce qu’il faut retenir de l’intelligence artificielle",
    language="fr",
    sender_name="L’essentiel de l’IA",
    sender_address="lettre@hebdo.example",
    reply_to="redaction@hebdo.example",
    publisher="Les Éditions du Marronnier",
    postal_address="12, rue des Imprimeurs\n75011 Paris",
    accent="#c2321f",
    home_url="https://hebdo.example/essentiel-ia",
    archive_url="https://hebdo.example/essentiel-ia/archives",
    unsubscribe_url="https://hebdo.example/unsubscribe/{{token}}",
    mine_url="https://hebdo.example/mine/{{token}}",
)

LEAD = RubricText(
    RubricKind.LEAD,
    "À la Une",
    "a-la-une",
    (
        StoryText(
            "Une bibliothèque de quartier entraîne son propre modèle",
            "Bonjour {{first_name|chère lectrice, cher lecteur}},\n\n"
            "À Villeurbanne, trois bibliothécaires et une bénévole ont passé l’hiver à numériser "
            "**quarante ans de catalogues**. Le modèle qu’elles en ont tiré tient sur une clé USB "
            "et répond à une seule question : « que lire ensuite ? »\n\n"
            "Le projet a coûté 1 200 €, [raconte l’équipe](https://marronnier.example/carnet), "
            "et *personne* n’a eu besoin d’un centre de données.",
            link="https://marronnier.example/bibliotheque?source=lettre&numero=12",
            link_label="Lire le reportage",
        ),
    ),
)

BRIEFS = RubricText(
    RubricKind.BRIEFS,
    "Dans l’actu",
    "dans-l-actu",
    (
        StoryText(
            "Le Parlement demande des factures lisibles",
            "Les régies devront dire, en kilowattheures, ce que coûte une réponse automatique. "
            "Le texte s’appliquera au printemps.",
            link="https://marronnier.example/factures",
        ),
        StoryText(
            "Une grammaire du breton apprise en neuf heures",
            "Deux linguistes de Rennes publient leurs données :\n\n"
            "- 14 000 phrases relues à la main ;\n- un lexique ouvert ;\n- un banc d’essai.",
        ),
        StoryText(
            "À l’hôpital, le compte rendu se relit à deux",
            "> « La machine écrit, le médecin signe, le patient corrige. »\n\n"
            "C’est la règle qu’a retenue le service de cardiologie de Lille.",
        ),
    ),
)

IMAGE = RubricText(
    RubricKind.IMAGE,
    "L’image de la semaine",
    "l-image-de-la-semaine",
    (
        StoryText(
            "La forêt vue par un drone myope",
            "Le capteur ne voit que huit couleurs : assez pour compter les chênes.",
            picture=Picture(
                "https://hebdo.example/media/foret.png",
                1200,
                750,
                "Des bandes de verts et d’ocres, comme un tissu à carreaux",
                "Atelier Lisière",
            ),
        ),
    ),
)

INTERVIEWS = RubricText(
    RubricKind.INTERVIEWS,
    "Les entretiens qui ont rythmé l’actu",
    "les-entretiens",
    (
        StoryText(
            "« Un modèle est un outil de cuisine »",
            "Yasmine Ferrand, cheffe et ingénieure, explique pourquoi elle goûte *avant* de mesurer.",
            link="https://marronnier.example/ferrand",
            link_label="Lire l’entretien",
        ),
        StoryText(
            "« Nous avons débranché le robot, et rappelé les clients »",
            "Marc-Antoine Oury dirige un standard de quarante personnes à Saint-Étienne.",
        ),
    ),
)

SPONSORED = RubricText(
    RubricKind.SPONSORED,
    "Avec notre partenaire",
    "partenaire",
    (
        StoryText(
            "Des serveurs qui chauffent la piscine",
            "La Régie de l’Eau récupère la chaleur de ses machines.",
            link="https://regie.example/",
            link_label="En savoir plus",
        ),
    ),
)

LINKS = RubricText(
    RubricKind.LINKS,
    "Et aussi",
    "et-aussi",
    (
        StoryText("Le carnet de bord d’un traducteur augmenté", "", "https://marronnier.example/1"),
        StoryText(
            "Petit lexique des mots qu’on n’ose pas demander",
            "Douze définitions, une page.",
            "https://marronnier.example/2",
        ),
        StoryText("Trois podcasts pour le train", "", "https://marronnier.example/3"),
    ),
)

ISSUE = IssueText(
    masthead=MASTHEAD,
    number=12,
    subject="Une bibliothèque entraîne son propre modèle, {{first_name|pour vous}}",
    preheader="Et aussi : des factures lisibles, le breton en neuf heures, une forêt à huit couleurs.",
    dated=dt.date(2026, 11, 24),
    web_url="https://hebdo.example/essentiel-ia/12",
    reader_url="https://hebdo.example/essentiel-ia/12/for/{{token}}",
    rubrics=(LEAD, BRIEFS, IMAGE, INTERVIEWS, SPONSORED, LINKS),
)

LEA = Addressee(
    address="lea.dupre@lecteurs.example",
    first_name="Léa",
    token="q7Jb1cZkTz-0aF_3hN9xWQ",
    message_id="12.41.5f0c@hebdo.example",
    return_path="retours@hebdo.example",
)
