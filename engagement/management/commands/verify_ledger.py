"""`manage.py verify_ledger`: walks each chain, its entries and proofs, and the signed heads; says what fails."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from engagement.models import Record
from engagement.services import heads, verification


class Command(BaseCommand):
    help = "Verifies the ledger: each record's chain of events, its entries and proofs, and the heads signed nightly."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--record", help="Only the records of this one's person (its id), and no signed heads.")

    def handle(self, *args: Any, **options: Any) -> None:
        records = Record.objects.all()
        if options["record"]:
            records = records.filter(person__in=records.filter(pk=options["record"]).values("person"))
        count = 0
        for fault in verification.verify_records(records):
            count += 1
            self.stdout.write(str(fault))
        if not options["record"]:
            for fault_of_head in heads.verify_heads():
                count += 1
                self.stdout.write(str(fault_of_head))
        if count:
            raise CommandError(f"{count} faults: the ledger does not hold.")
        self.stdout.write("The ledger holds.")
