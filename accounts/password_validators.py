"""Refuses passwords that a list would guess: leaked ones, keyboard walks, and the words of here."""

from typing import Any

from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

# zxcvbn (Wheeler, USENIX Security 2016) knows leaked passwords, English words, names, dates and keyboards, and
# works offline; these are the words a French lycée would try first.
LOCAL_WORDS = (
    "elan élan engagement lycee lycée lyceen lycéen eleve élève etudiant étudiant classe seconde premiere première "
    "terminale bac baccalaureat professeur prof proviseur cpe ecole école college collège croixrouge croix rouge "
    "secours secourisme secouriste benevole bénévole benevolat bénévolat solidaire solidarite solidarité "
    "association region région iledefrance france paris marseille lyon toulouse bordeaux nantes lille azerty "
    "azertyuiop qsdfghjklm wxcvbn motdepasse mdp bonjour bonsoir salut soleil doudou loulou chouchou chocolat "
    "princesse football psg om jetaime amour bisous maman papa nicolas camille chouette licorne coucou juillet aout "
    "septembre octobre novembre decembre janvier fevrier mars avril mai juin lundi mardi mercredi jeudi vendredi "
    "samedi dimanche "
).split()
# Out of 4: over 10^10 guesses. At 3, a first name and a surname with a digit would pass.
LEAST_SCORE = 4
# zxcvbn grows slow with the length, and much slower with the number of different signs that may stand for a letter
# (its table of substitutions): the start alone must be strong enough, up to the first sign too many.
LONGEST_MEASURED = 32
ALWAYS_MEASURED = 14
MOST_SUBSTITUTES = 8
SUBSTITUTES = frozenset("4@8({[<369&1!|70$5+%2")


def measured_start(password: str) -> str:
    """As much of a password as is measured in a few hundredths of a second."""
    seen: set[str] = set()
    for place, sign in enumerate(password[:LONGEST_MEASURED]):
        seen |= {sign} & SUBSTITUTES
        if len(seen) > MOST_SUBSTITUTES and place >= ALWAYS_MEASURED:
            return password[:place]
    return password[:LONGEST_MEASURED]


class SimilarityValidator(UserAttributeSimilarityValidator):
    """Django's, without the English name of a field in a French sentence."""

    def get_error_message(self) -> str:
        return _("This password is too much like your name or your address. Choose another one.")


class GuessableValidator:
    """Measures how guessable a password is for somebody who knows the person and the place."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError (`password_guessable`)."""
        known = [str(getattr(user, name, "") or "") for name in ("email", "first_name", "last_name")]
        known += known[0].split("@")
        measured = zxcvbn(measured_start(password), user_inputs=[word for word in known if word] + LOCAL_WORDS)
        if measured["score"] < LEAST_SCORE:
            raise ValidationError(self.get_help_text(), code="password_guessable")

    def get_help_text(self) -> str:
        return _("This password is easy to guess. Several words that have nothing to do with one another are better.")
