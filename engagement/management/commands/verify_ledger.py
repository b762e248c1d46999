"""`manage.py verify_ledger`: walks every chain, its entries, and the signed heads; says where it does not hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from engagement import ledger
from engagement.models import Record
from engagement.services import heads


class Command(BaseCommand):
    help = "Verifies the ledger: each record's chain of events, its entries, and the heads signed each night."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--record", help="Only this record (its id), and no signed heads.")

    def handle(self, *args: Any, **options: Any) -> None:
        records = Record.objects.all()
        if options["record"]:
            records = records.filter(pk=options["record"])
        count = 0
        for fault in ledger.verify_records(records):
            count += 1
            self.stdout.write(str(fault))
        if not options["record"]:
            for fault_of_head in heads.verify_heads():
                count += 1
                self.stdout.write(str(fault_of_head))
        if count:
            raise CommandError(f"{count} faults: the ledger does not hold.")
        self.stdout.write("The ledger holds.")
