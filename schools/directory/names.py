"""A school's name as people write it, from the Ministry's label, which may have lost its accents and its capitals.

"Lycee Henri Iv" is "Lycée Henri IV". Only words that have one spelling are put right; the school corrects the rest.
"""

import re

from common.text import fold

# Words of labels that have one spelling, by what is left of them without accents.
_SPELT = """
abbé adèle aéronautique aérotechnique agnès alésia amédée amélie ampère andré angèle archimède barthélemy bâtiment
béatrice benoît bévière bézout bièvre blériot brontë bruyère budé carême carrée cécile céline césar cézanne châtaigniers
château châtelet chêne chennevière chérioux cité clément cœur collège créteil daniélou école édouard électricité
électronique élisa élisabeth éluard émile émilie enseignement épluches espérance étienne étoile eugène eugénie évariste
exupéry fénelon ferrié forêt français française françois françoise frédéric frères galilée garçons général généraux
geneviève gérard grégoire hélène hénaff hervé honoré hôtelier hôtelière hôtellerie irène jaurès jérôme joséphine labouré
léger légion léon léonard léopold liberté lumière lurçat lycée lycées macé malézieux maréchal médecine mélinée mendès
mère métier métiers molière napoléon painlevé péguy péri pépinière poincaré président prévert privé privée rené
république rivière sacré saëns sébastien sédar sévigné supérieur supérieure thalès théodore théophile thérèse trinité
valéry vallée védrines véronique
"""
_SPELT_AS = {fold(word): word for word in _SPELT.split()}
# Written small unless they come first.
_SMALL = {"de", "du", "des", "d", "et", "en", "au", "aux", "sur", "sous"}
_ROMAN = re.compile(r"(?=[IVX]{2,})X{0,3}(?:IX|IV|V?I{0,3})")
_ELIDED = re.compile(r"([DL])['’](?=\w)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


def shown_name(label: str) -> str:
    """The label with the accents and capitals that its words have."""
    text = label.title() if label.isupper() else label
    words = text.split(" ")
    return " ".join(_written(word, words[number - 1] if number else "") for number, word in enumerate(words))


def _written(word: str, before: str) -> str:
    if _ROMAN.fullmatch(word.upper()):
        return word.upper()
    if before and fold(word) in _SMALL and word.isalpha():
        return word.lower()
    elided = _ELIDED.match(word)
    if elided:
        rest = word[elided.end() :]
        is_small = before.lower() in ("de", "et", "à") or (elided[1].upper() == "D" and before != "")
        head = elided[0].lower() if is_small else elided[0].upper()
        return head + _spelt(rest[:1].upper() + rest[1:])
    return _spelt(word)


def _spelt(word: str) -> str:
    return _WORD.sub(lambda part: _one(part[0]), word)


def _one(part: str) -> str:
    known = _SPELT_AS.get(part.lower())
    if known is None:
        return part
    return known[0].upper() + known[1:] if part[0].isupper() else known


def says_no_more(name: str, label: str) -> bool:
    """Whether a name holds words of the label alone, in their order: accents, capitals, hyphens and what is left out
    may differ, and nothing is added."""
    words = iter(fold(label).split())
    return all(word in words for word in fold(name).split())
