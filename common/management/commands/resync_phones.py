"""After a restore: every phone reads its person's data anew."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from common.changes import begin_epoch


class Command(BaseCommand):
    help = "After a database was restored: every phone reads its person's data anew. Run it before the API starts."

    def handle(self, *args: Any, **options: Any) -> None:
        count = begin_epoch()
        self.stdout.write(_("The phones of %(count)d accounts will read everything anew.") % {"count": count})
