"""What `verify_ledger` says."""

import io

from django.core.management import CommandError, call_command


def verify(*options: str) -> list[str]:
    """What the command says; the last line is its verdict."""
    out = io.StringIO()
    try:
        call_command("verify_ledger", *options, stdout=out)
    except CommandError as error:
        return [*out.getvalue().splitlines(), str(error)]
    return out.getvalue().splitlines()
