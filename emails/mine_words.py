"""What the notices about a reader's own page and her address say, per language."""

from __future__ import annotations

from dataclasses import dataclass

from emails.notice_words import NBSP, THIN, Wording


@dataclass(frozen=True, slots=True)
class MineWords:
    """One language."""

    my_subscription: Wording
    address_confirmation: Wording
    address_taken: Wording
    address_changing: Wording


FRENCH = MineWords(
    my_subscription=Wording(
        f"Votre abonnement{NBSP}: le lien demandé",
        "Votre abonnement",
        (
            "Quelqu’un, vous sans doute, a demandé le lien vers la page de votre abonnement.",
            "Vous y choisissez ce que vous recevez, changez d’adresse, voyez tout ce que nous "
            f"savons de vous, et pouvez tout effacer. Le lien reste valable {{hours}}{NBSP}h.",
        ),
        "Ouvrir mon abonnement",
        (
            f"Ce n’était pas vous{THIN}? Ne faites rien{NBSP}: rien ne change, et personne n’a "
            "rien appris. Ne transmettez pas ce courrier.",
        ),
    ),
    address_confirmation=Wording(
        "Confirmez votre nouvelle adresse",
        f"Écrire ici désormais{THIN}?",
        (
            "Quelqu’un, vous sans doute, veut recevoir à cette adresse ce qui allait jusqu’ici "
            "à une autre.",
            f"Rien ne change sans votre confirmation. Le lien reste valable {{hours}}{NBSP}h.",
        ),
        "Confirmer cette adresse",
        (f"Ce n’était pas vous{THIN}? Ne faites rien{NBSP}: vous ne recevrez rien de plus.",),
    ),
    address_taken=Wording(
        "Cette adresse est déjà abonnée",
        "Vous êtes déjà des nôtres",
        (
            "Quelqu’un, vous sans doute, a voulu faire venir à cette adresse un abonnement qui va "
            "à une autre. Mais celle-ci est déjà abonnée, et rien n’a changé.",
            f"Pour n’en garder qu’une, réglez l’abonnement de cette adresse à cette page{NBSP}; "
            "puis désabonnez l’autre par le lien au pied d’un numéro.",
        ),
        "Ouvrir mon abonnement",
        (f"Ce n’était pas vous{THIN}? Ne faites rien{NBSP}: rien ne change.",),
    ),
    address_changing=Wording(
        "Votre abonnement doit changer d’adresse",
        f"Vous changez d’adresse{THIN}?",
        (
            "Quelqu’un, vous sans doute, a demandé que votre abonnement arrive désormais à une "
            "autre adresse. Il y passera dès que celle-ci l’aura confirmé.",
            f"Si c’est bien vous, il n’y a rien à faire ici. Sinon, arrêtez ce changement{NBSP}: le "
            "lien sert encore sept jours, même si la nouvelle adresse a déjà confirmé.",
        ),
        "Garder mon adresse",
        (),
    ),
)

ENGLISH = MineWords(
    my_subscription=Wording(
        "Your subscription: the link you asked for",
        "Your subscription",
        (
            "Someone, most likely you, asked for the link to the page of your subscription.",
            "There you choose what you receive, change your address, see everything we hold about "
            f"you, and can erase it all. The link is valid for {{hours}}{NBSP}hours.",
        ),
        "Open my subscription",
        (
            "It was not you? Do nothing: nothing changes, and nobody has learned anything. Please "
            "do not forward this mail.",
        ),
    ),
    address_confirmation=Wording(
        "Confirm your new address",
        "Shall we write here from now on?",
        (
            "Someone, most likely you, wants to receive at this address what went to another one "
            "until now.",
            f"Nothing changes unless you confirm. The link is valid for {{hours}}{NBSP}hours.",
        ),
        "Confirm this address",
        ("It was not you? Do nothing: you will receive nothing more.",),
    ),
    address_taken=Wording(
        "This address is subscribed already",
        "You are already with us",
        (
            "Someone, most likely you, wanted to move a subscription from another address to this "
            "one. But this one is subscribed already, and nothing has changed.",
            "To keep only one, set up this address’s subscription on its page; then unsubscribe "
            "the other by the link at the foot of any issue.",
        ),
        "Open my subscription",
        ("It was not you? Do nothing: nothing changes.",),
    ),
    address_changing=Wording(
        "Your subscription is about to change address",
        "Are you changing address?",
        (
            "Someone, most likely you, asked that your subscription come to another address from "
            "now on. It moves as soon as that one has confirmed.",
            "If it was you, there is nothing to do here. If not, stop it: the link works for seven "
            "days, even when the new address has already confirmed.",
        ),
        "Keep my address",
        (),
    ),
)


def spoken(language: str) -> MineWords:
    return ENGLISH if language.lower().startswith("en") else FRENCH
