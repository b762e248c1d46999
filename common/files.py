"""Files that rows name: there when the transaction that names them commits, and only then."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import hooks, pictures
from common.errors import DomainError, NotVisible
from common.reading import PDF, PICTURE, ReadFile

logger = structlog.get_logger("elan.files")


class StorageAway(DomainError):
    """503 with Retry-After: the files cannot be reached now."""

    status = 503
    code = "storage_away"
    detail = _("The files cannot be reached now. Try again soon.")
    retry_after_seconds = 5


@contextmanager
def _storage() -> Iterator[Any]:
    """The storage; whatever its library raises when it is away, a file that is not there aside, is StorageAway."""
    try:
        yield storages["default"]
    except FileNotFoundError:
        raise
    except Exception as error:
        logger.exception("storage_away")
        raise StorageAway from error


# Far longer than any transaction: a file that is older and that no row names will be named by none.
OLD = timedelta(hours=24)


class _Kept:
    """Called by the commit, the file stays; forgotten by a rollback, it goes.

    Django has no hook for a rollback. It drops what was to run on the commit, though, of a savepoint as of the whole.
    """

    def __init__(self, name: str) -> None:
        self._taken_back = weakref.finalize(self, storages["default"].delete, name)

    def __call__(self) -> None:
        self._taken_back.detach()


def keep_file(name: str, content: File) -> str:
    """Stores it under a name like this one, inside the transaction of the row that will name it; returns the name."""
    with _storage() as storage:
        stored: str = storage.save(name, content)
    transaction.on_commit(_Kept(stored))
    return stored


SUFFIXES = {PICTURE: "jpg", PDF: "pdf"}


def keep_read_file(stem: str, file: ReadFile) -> str:
    """Stores what a reader wrote, a picture in all its sizes, as `keep_file` does; returns the name for the row."""
    name = pictures.name_of(stem, file.measures) if file.measures else f"{stem}.{SUFFIXES[file.kind]}"
    stored = keep_file(name, file.content)
    for size, content in file.smaller.items():
        keep_file(pictures.name_in_size(stored, size), ContentFile(content))
    return stored


def open_file(name: str) -> File:
    """The file, whose first bytes were read already: what fails later is cut short of its length.

    Raises NotVisible when the storage has none of that name, StorageAway when there is no storage.
    """
    try:
        with _storage() as storage:
            file: File = storage.open(name)
            file.read(1)
            file.seek(0)
            return file
    except FileNotFoundError as error:
        if _is_unmounted(storages["default"]):
            logger.warning("storage_away")
            raise StorageAway from error
        logger.warning("file_missing", folder=name.partition("/")[0])
        raise NotVisible from error


def _is_unmounted(storage: Any) -> bool:
    """Whether the folder of all files is away itself: then nothing is known of one."""
    return isinstance(storage, FileSystemStorage) and not Path(storage.location).is_dir()


def drop_file(name: str) -> None:
    """Removes a file that no row will name once the transaction commits, a picture in all its sizes."""
    for file in pictures.files_of(name):
        transaction.on_commit(partial(_delete, file), robust=True)


def _delete(name: str) -> None:
    storages["default"].delete(name)


@dataclass(frozen=True)
class Folder:
    """A folder of the storage, without folders in it, and what names its files: `rows` by their `column`."""

    name: str
    rows: QuerySet[Any]
    column: str


def delete_unnamed_files() -> int:
    """Deletes the files of over 24 h that no row names: a process was killed between storing one and its commit, or
    after a commit that dropped it. Safe to run twice; returns how many.
    """
    count = 0
    for folder in hooks.file_folders():
        deleted = sum(_delete_if_old(name) for name in _unnamed(folder))
        if deleted:
            logger.warning("unnamed_files_deleted", folder=folder.name, count=deleted)
        count += deleted
    return count


def _unnamed(folder: Folder) -> set[str]:
    """What is left of the folder, listed first, once every row has taken its own out."""
    try:
        _folders, files = storages["default"].listdir(folder.name)
    except FileNotFoundError:  # nobody has stored anything there yet
        return set()
    left = {f"{folder.name}/{file}" for file in files}
    if left:
        left.difference_update(_names(folder))
    return left


def _names(folder: Folder) -> Iterator[str]:
    for name in folder.rows.order_by().values_list(folder.column, flat=True).iterator():
        yield from pictures.files_of(name)


def _delete_if_old(name: str) -> bool:
    storage = storages["default"]
    try:
        if storage.get_modified_time(name) > timezone.now() - OLD:
            return False
    except FileNotFoundError:  # dropped by its own transaction since it was listed
        return False
    storage.delete(name)
    return True
