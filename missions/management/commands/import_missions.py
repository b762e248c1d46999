"""Reads a partner's feed of missions and says what became of each."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from missions.exchange import read_feed
from missions.feed_values import FieldProblem
from missions.services.exchange import Feed, Skipped, import_missions, read_source

WHY_NOT_WITHDRAWN = {
    Skipped.UNNAMED: _("A refused mission does not say which it is: none was withdrawn for being absent."),
    Skipped.NOT_WHOLE: _("The missions changed while they were read: none was withdrawn for being absent."),
    Skipped.TOO_MANY: _("Too many missions are absent from this feed: none was withdrawn. Allow more if it is whole."),
}


class Command(BaseCommand):
    help = "Imports a partner's missions from its feed (API Engagement v2, XML or JSON), a file or an address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("publisher", help="the partner's short name, the same each time")
        parser.add_argument("feed", help="a file, or an address that begins with https://")
        parser.add_argument(
            "--max-withdrawn-percent",
            type=float,
            help="withdraw nothing when more of the missions shown are absent (default: the setting)",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        feed = options["feed"]
        try:
            publisher = options["publisher"]
            read = read_source(publisher, feed) if "://" in feed else Feed(read_feed(Path(feed).read_bytes()))
            report = import_missions(
                publisher,
                read,
                max_withdrawn_percent=options["max_withdrawn_percent"],
                dry_run=options["dry_run"],
            )
        except OSError as error:
            raise CommandError(f"{feed}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{feed}: {error.detail}") from error
        for one in report.missions:
            said = _said(*one.problems, *one.remarks)
            self.stdout.write(f"{one.number or '-'}\t{one.client_id}\t{one.outcome}\t{said}".rstrip())
        if report.withdrawal_skipped:
            self.stderr.write(str(WHY_NOT_WITHDRAWN[report.withdrawal_skipped]))
        if options["dry_run"]:
            self.stdout.write(str(_("Dry run: nothing was written.")))
        self.stdout.write(
            _(
                "%(created)d created, %(updated)d updated, %(unchanged)d unchanged, %(refused)d refused, "
                "%(withdrawn)d withdrawn."
            )
            % report.counts()
        )


def _said(*problems: FieldProblem) -> str:
    return " ".join(f"{problem.name}:{problem.code}" for problem in problems)
