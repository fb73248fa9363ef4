"""What notices say, per language. `{…}` is completed from our own values by `str.format`."""

from __future__ import annotations

from dataclasses import dataclass

NBSP = "\u00a0"
THIN = "\u202f"


@dataclass(frozen=True, slots=True)
class Wording:
    """One notice: subject, heading, what stands above the button, the button, what stands below."""

    subject: str
    title: str
    before: tuple[str, ...]
    button: str
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """One language."""

    confirmation: Wording
    confirmation_of_several: Wording
    """Its first paragraph is followed by the newsletters' names, one each."""
    reminder: Wording
    reminder_of_several: Wording
    already_subscribed: Wording
    welcome: Wording
    greeting: str
    """The first line of a welcome to someone who gave a first name."""
    reset: Wording
    invitation: Wording
    button_fails: str
    unsubscribe: str
    mine: str


FRENCH = NoticeWords(
    confirmation=Wording(
        "Confirmez votre abonnement à {newsletter}",
        "Plus qu’un geste",
        (
            "Quelqu’un, vous sans doute, a demandé à recevoir {newsletter} à cette adresse.",
            "Pour commencer à la recevoir, confirmez votre abonnement.",
        ),
        "Confirmer mon abonnement",
        (
            f"Ce n’était pas vous{THIN}? Ne faites rien{NBSP}: sans confirmation, "
            "vous ne recevrez rien de plus.",
        ),
    ),
    confirmation_of_several=Wording(
        "Confirmez vos abonnements",
        "Plus qu’un geste",
        (
            f"Quelqu’un, vous sans doute, a demandé à recevoir à cette adresse{NBSP}:",
            "Un seul geste les confirme tous.",
        ),
        "Confirmer mes abonnements",
        (
            f"Ce n’était pas vous{THIN}? Ne faites rien{NBSP}: sans confirmation, "
            "vous ne recevrez rien de plus.",
        ),
    ),
    reminder=Wording(
        "Il reste à confirmer votre abonnement à {newsletter}",
        f"Toujours d’accord{THIN}?",
        (
            "Il y a quelques jours, quelqu’un, vous sans doute, a demandé à recevoir {newsletter} à "
            "cette adresse. La demande n’a pas encore été confirmée.",
        ),
        "Confirmer mon abonnement",
        (
            f"Ce n’était pas vous, ou vous avez changé d’avis{THIN}? Ne faites rien{NBSP}: ce rappel "
            "est le seul, et la demande sera oubliée.",
        ),
    ),
    reminder_of_several=Wording(
        "Il reste à confirmer vos abonnements",
        f"Toujours d’accord{THIN}?",
        (
            "Il y a quelques jours, quelqu’un, vous sans doute, a demandé à recevoir à cette "
            f"adresse{NBSP}:",
            "La demande n’a pas encore été confirmée. Un seul geste confirme le tout.",
        ),
        "Confirmer mes abonnements",
        (
            f"Ce n’était pas vous, ou vous avez changé d’avis{THIN}? Ne faites rien{NBSP}: ce rappel "
            "est le seul, et la demande sera oubliée.",
        ),
    ),
    already_subscribed=Wording(
        "Vous recevez déjà {newsletter}",
        "Vous êtes déjà des nôtres",
        (
            "Quelqu’un, vous sans doute, vient de demander à recevoir {newsletter} à cette "
            "adresse. C’est déjà le cas, et rien ne change.",
        ),
        "Voir {newsletter}",
        (
            "S’il vous manque un numéro, regardez parmi les courriers indésirables, et ajoutez "
            "{sender} à vos contacts.",
            "Chaque numéro porte, tout en bas, un lien pour se désabonner.",
        ),
    ),
    welcome=Wording(
        "Bienvenue dans {newsletter}",
        "Bienvenue",
        (
            "Votre abonnement à {newsletter} est confirmé. Le prochain numéro arrivera à cette "
            "adresse.",
            f"En attendant, voici le dernier paru{NBSP}: «{NBSP}{{latest}}{NBSP}».",
        ),
        "Lire le dernier numéro",
        (),
    ),
    greeting="Bonjour {first_name},",
    reset=Wording(
        "Un nouveau mot de passe pour la rédaction",
        "Choisir un nouveau mot de passe",
        (
            "Quelqu’un, vous sans doute, a demandé un nouveau mot de passe pour la rédaction de "
            "Hebdo.",
            f"Le lien ci-dessous sert une fois et reste valable {{hours}}{NBSP}h.",
        ),
        "Choisir un mot de passe",
        (
            f"Ce n’était pas vous{THIN}? Ne faites rien{NBSP}: votre mot de passe actuel reste "
            "le bon.",
        ),
    ),
    invitation=Wording(
        "Votre accès à la rédaction de Hebdo",
        "Vous êtes de la rédaction",
        (
            "Un accès à la rédaction vient d’être ouvert à cette adresse. C’est là que s’écrivent "
            "et s’envoient les lettres.",
            f"Pour entrer, choisissez un mot de passe. Le lien reste valable {{hours}}{NBSP}h.",
        ),
        "Choisir mon mot de passe",
        (f"Si cet accès n’est pas pour vous, ne faites rien{NBSP}: il restera fermé.",),
    ),
    button_fails=f"Si le bouton ne fonctionne pas, copiez cette adresse{NBSP}:",
    unsubscribe="Se désabonner",
    mine="Mon abonnement",
)

ENGLISH = NoticeWords(
    confirmation=Wording(
        "Confirm your subscription to {newsletter}",
        "One last step",
        (
            "Someone, most likely you, asked to receive {newsletter} at this address.",
            "To start receiving it, confirm your subscription.",
        ),
        "Confirm my subscription",
        ("It was not you? Do nothing: without confirmation you will receive nothing more.",),
    ),
    confirmation_of_several=Wording(
        "Confirm your subscriptions",
        "One last step",
        (
            "Someone, most likely you, asked to receive at this address:",
            "One press confirms them all.",
        ),
        "Confirm my subscriptions",
        ("It was not you? Do nothing: without confirmation you will receive nothing more.",),
    ),
    reminder=Wording(
        "Your subscription to {newsletter} waits to be confirmed",
        "Still interested?",
        (
            "A few days ago someone, most likely you, asked to receive {newsletter} at this address. "
            "It has not been confirmed yet.",
        ),
        "Confirm my subscription",
        (
            "It was not you, or you have changed your mind? Do nothing: this is the only reminder, "
            "and the request will be forgotten.",
        ),
    ),
    reminder_of_several=Wording(
        "Your subscriptions wait to be confirmed",
        "Still interested?",
        (
            "A few days ago someone, most likely you, asked to receive at this address:",
            "It has not been confirmed yet. One press confirms them all.",
        ),
        "Confirm my subscriptions",
        (
            "It was not you, or you have changed your mind? Do nothing: this is the only reminder, "
            "and the request will be forgotten.",
        ),
    ),
    already_subscribed=Wording(
        "You already receive {newsletter}",
        "You are already with us",
        (
            "Someone, most likely you, has just asked to receive {newsletter} at this address. "
            "You already do, and nothing changes.",
        ),
        "See {newsletter}",
        (
            "If an issue is missing, look among your junk mail, and add {sender} to your contacts.",
            "Every issue carries, at its very end, a link to unsubscribe.",
        ),
    ),
    welcome=Wording(
        "Welcome to {newsletter}",
        "Welcome",
        (
            "Your subscription to {newsletter} is confirmed. The next issue will come to this "
            "address.",
            "In the meantime, here is the latest one: “{latest}”.",
        ),
        "Read the latest issue",
        (),
    ),
    greeting="Hello {first_name},",
    reset=Wording(
        "A new password for the desk",
        "Choose a new password",
        (
            "Someone, most likely you, asked for a new password for the Hebdo desk.",
            f"The link below works once and is valid for {{hours}}{NBSP}hours.",
        ),
        "Choose a password",
        ("It was not you? Do nothing: your present password stays the right one.",),
    ),
    invitation=Wording(
        "Your way in to the Hebdo desk",
        "You are on the desk",
        (
            "The desk has just been opened to this address. It is where newsletters are written "
            "and sent.",
            f"To come in, choose a password. The link is valid for {{hours}}{NBSP}hours.",
        ),
        "Choose my password",
        ("If this is not meant for you, do nothing: the door stays shut.",),
    ),
    button_fails="If the button does not work, copy this address:",
    unsubscribe="Unsubscribe",
    mine="My subscription",
)


def spoken(language: str) -> NoticeWords:
    return ENGLISH if language.lower().startswith("en") else FRENCH
