"""What people call the values of the contract's enums: the labels of the enums themselves, in the reader's language."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import get_language


def named_enums() -> Iterator[tuple[str, type[TextChoices]]]:
    """Every enum of the code that the contract names."""
    settings_of_contract: dict[str, Any] = settings.SPECTACULAR_SETTINGS
    for name, path in settings_of_contract["ENUM_NAME_OVERRIDES"].items():
        kind = import_string(path) if isinstance(path, str) else path
        if isinstance(kind, type) and issubclass(kind, TextChoices):
            yield name, kind


@cache
def labelled_enums() -> dict[str, type[TextChoices]]:
    """Those whose values have words for people, by name as a property has it (`sign_up_status`)."""
    return {
        re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): kind
        for name, kind in named_enums()
        if all(isinstance(label, Promise) for label in kind.labels)
    }


def labels() -> dict[str, dict[str, str]]:
    """Value to label, enum by enum, in the present language."""
    return _labels_in(get_language() or settings.LANGUAGE_CODE)


@cache
def _labels_in(language: str) -> dict[str, dict[str, str]]:
    """Once for each language of ours: it is the present one."""
    return {
        name: {str(one.value): str(one.label) for one in kind}
        for name, kind in sorted(labelled_enums().items())
    }
