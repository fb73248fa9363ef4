"""First sentences, as a French or English newsroom writes them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import sentences

FIRST = [
    "Un rachat à 97,4 milliards de dollars, rien de moins.",
    "L'usine livrera 1,2 million de puces d'ici 2030.",
    "La centrale fournit 1.5 GW au réseau.",
    "Aurore : le moteur discret qui veut tout changer.",
    "Qui peut encore suivre ?",
    "Quelle semaine !",
    "M. Durand et Mme Petit dirigent Character.AI depuis hier.",
    "Le Dr. Martin et le Pr. Blanc signent une tribune.",
    "Selon J. Dupont, rien ne presse.",
    "Le roman d'Arthur C. Clarke revient.",
    "Les États-Unis (U.S. Army comprise) hésitent.",
    "L'outil, cf. Le Monde, plaît aux médecins.",
    "Voir p. 12 et art. 5 du règlement.",
    "Le texte du 3 sept. 2025 entre en vigueur.",
    "Ils étaient sept.",
    "The answer is no.",
    "Le câble mesure 100 m.",
    "« Nous irons vite. Très vite. »",
    'Il a dit "non. Jamais." devant la presse.',
    "Des chercheurs (dont deux Français. Si, si.) l'ont montré.",
    "Les médias... et les autres attendent.",
    "Un marché de 10 Md€.",
    "Mistral, Nvidia, etc.",
    "Et si... OpenAI rachetait Chrome ?",
    "Avec J.-P. Martin, tout va vite.",
    '"Nous irons vite" : le patron promet.',
    "« L'IA ? Un outil », dit-elle.",
    "Le modèle s'appelle GPT-4.",
    "Les puces coûtent 3 000 $ pièce !",
    "Yahoo! annonce une pause.",
    "Le plan B.",
    "Mr. Smith leaves Acme Inc. for good.",
]


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("rest", ["Le reste suit. Encore.", "20 pays suivent.", '"Vite", dit-il.'])
def test_the_first_sentence_ends_where_a_reader_would_say(first: str, rest: str) -> None:
    if first.endswith(("sept.", "no.")) and rest[0].isdigit():
        # `sept. 20` reads as a date to people too.
        assert sentences.split_first(f"{first} {rest}") == (f"{first} {rest}", "")
    else:
        assert sentences.split_first(f"{first} {rest}") == (first, rest)


def test_a_single_sentence_has_no_rest() -> None:
    text = "En marge du sommet, nous avons parlé longtemps, avec tous"
    assert sentences.split_first(text) == (text, "")


def test_a_quotation_that_never_closes_does_not_swallow_the_paragraph() -> None:
    assert sentences.split_first('Un 27" arrive. Il est beau.') == (
        'Un 27" arrive.',
        "Il est beau.",
    )


def test_a_no_break_space_before_the_closing_mark_belongs_to_the_sentence() -> None:
    text = "«\u00a0Oui.\u00a0» Le ministre sourit."
    assert sentences.split_first(text) == ("«\u00a0Oui.\u00a0»", "Le ministre sourit.")


@given(st.text())
def test_no_character_is_lost_or_made_up(text: str) -> None:
    first, rest = sentences.split_first(text)
    assert "".join((first + rest).split()) == "".join(text.split())


def test_a_megabyte_is_split_in_a_moment() -> None:
    text = "Une phrase. " * 80_000
    began = time.perf_counter()
    assert sentences.split_first(text)[0] == "Une phrase."
    assert time.perf_counter() - began < 1.0
