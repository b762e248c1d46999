"""Files that rows name: there when the transaction that names them commits, and only then."""

import weakref

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction


class _Kept:
    """Called by the commit, the file stays; forgotten by a rollback, it goes.

    Django has no hook for a rollback. It drops what was to run on the commit, though, of a savepoint as of the whole.
    """

    def __init__(self, name: str) -> None:
        self._taken_back = weakref.finalize(self, storages["default"].delete, name)

    def __call__(self) -> None:
        self._taken_back.detach()


def keep_file(name: str, data: bytes) -> str:
    """Stores the bytes under a name like this one, inside the transaction of the row that will name it; returns it."""
    stored = storages["default"].save(name, ContentFile(data))
    transaction.on_commit(_Kept(stored))
    return stored


def drop_file(name: str) -> None:
    """Removes a file that no row will name once the transaction commits."""
    transaction.on_commit(lambda: storages["default"].delete(name), robust=True)
