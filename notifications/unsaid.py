"""What stays in the app: words that somebody typed leave it in no push and in no mail but those to guardians."""

from django.utils.translation import gettext as _


def reason_in_app(reason: str) -> str:
    """Where to read why; "" where nobody said why."""
    return _("Read the reason in the app.") if reason.strip() else ""
