"""The heads of the ledger, signed each night and written down outside the database, so that a whole chain cannot be
rewritten unseen: one JSON line per record that moved, appended to one file a month.

Each line names the one before it by its hash, and the database knows which head of each record was signed last: a line,
a file or the folder that is missing is found.
"""

import fcntl
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from engagement import chain, signing
from engagement.models import Record, RecordEvent

HEADS_AT_ONCE = 500
SIGNED = ("record", "event_count", "head_hash", "signed_at", "key_id", "previous")
# A line is far shorter; the last one of a file is looked for this far from its end.
LONGEST_LINE = 4096


def _message(line: dict[str, Any]) -> bytes:
    return chain.canonical({name: line.get(name) for name in SIGNED}).encode()


def sign_heads() -> int:
    """Signs the head of each record that moved since it was last signed; answers how many. Safe to run twice.

    A line is on the disk before the database remembers it: a head may be signed twice, never forgotten.
    """
    directory = Path(settings.LEDGER_HEADS_DIR)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_id, key = signing.signing_key()
    count = 0
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        while heads := _unsigned():
            now = timezone.now()
            lines, previous = [], _last_line(directory)
            for record_id, event_count, head_hash in heads:
                line = {
                    "record": str(record_id),
                    "event_count": event_count,
                    "head_hash": head_hash,
                    "signed_at": now.isoformat(),
                    "key_id": key_id,
                    "previous": _mark(previous),
                }
                previous = json.dumps({**line, "signature": signing.sign(key, _message(line))})
                lines.append(f"{previous}\n")
            with (directory / f"heads-{now:%Y-%m}.jsonl").open("a") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            _remember(heads)
            count += len(heads)
    return count


def _paths(directory: Path) -> list[Path]:
    """Oldest first."""
    return sorted(directory.glob("heads-*.jsonl"))


def _mark(line: str) -> str:
    """What the next line calls this one; the very first has none before it."""
    return hashlib.sha256(line.encode()).hexdigest() if line else ""


def _last_line(directory: Path) -> str:
    """The newest line of all files, "" without any."""
    for path in reversed(_paths(directory)):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LONGEST_LINE))
            lines = file.read().decode(errors="replace").splitlines()
        if lines:
            return lines[-1]
    return ""


def _unsigned() -> list[tuple[Any, int, str]]:
    moved = Record.objects.exclude(event_count=F("signed_event_count"))
    return list(moved.order_by("pk").values_list("pk", "event_count", "head_hash")[:HEADS_AT_ONCE])


def _remember(heads: list[tuple[Any, int, str]]) -> None:
    records = [Record(pk=record_id, signed_event_count=event_count) for record_id, event_count, _hash in heads]
    Record.objects.bulk_update(records, ["signed_event_count"])


def verify_heads() -> Iterator[chain.Fault | str]:
    """Every signed head that the database does not bear out (a Fault), every line that no key of ours has signed or
    that does not follow the one before it (where it stands), and every record whose signed head is missing (a Fault).

    Nobody signs meanwhile. In constant memory: what was signed last of each record is noted in a file that goes again.
    """
    directory = Path(settings.LEDGER_HEADS_DIR)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (directory / ".lock").open("w") as lock, closing(sqlite3.connect("")) as notes:
        fcntl.flock(lock, fcntl.LOCK_EX)
        notes.execute("CREATE TABLE signed (record TEXT, event_count INTEGER, PRIMARY KEY (record, event_count))")
        yield from _faults_of_lines(directory, notes)
        yield from _missing_heads(notes)


def _faults_of_lines(directory: Path, notes: sqlite3.Connection) -> Iterator[chain.Fault | str]:
    keys, previous = signing.public_keys(), ""
    for path in _paths(directory):
        with path.open() as file:
            lines = enumerate(file, start=1)
            while numbered := list(islice(lines, HEADS_AT_ONCE)):
                heads = []
                for number, text in numbered:
                    line = _read(text)
                    if not (line and signing.is_signed(keys, line["key_id"], _message(line), line["signature"])):
                        yield f"{path.name}: line {number}: not signed by any key of ours"
                    else:
                        heads.append(line)
                        if line["previous"] != _mark(previous):
                            yield f"{path.name}: line {number}: the line before it is missing"
                    previous = text.rstrip("\n")
                notes.executemany(
                    "INSERT OR IGNORE INTO signed VALUES (?, ?)", [(one["record"], one["event_count"]) for one in heads]
                )
                yield from _not_borne_out(heads)


def _missing_heads(notes: sqlite3.Connection) -> Iterator[chain.Fault]:
    """Records whose head was signed, as the database says, and of which no line says so."""
    signed = Record.objects.exclude(signed_event_count=0).order_by("pk")
    for record_id, event_count in signed.values_list("pk", "signed_event_count").iterator(chunk_size=HEADS_AT_ONCE):
        noted = notes.execute(
            "SELECT 1 FROM signed WHERE record = ? AND event_count = ?", (str(record_id), event_count)
        )
        if noted.fetchone() is None:
            yield chain.Fault(record_id, event_count, "the head that was signed here is missing")


def _read(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    texts = {name for name, value in line.items() if isinstance(value, str)} if isinstance(line, dict) else set()
    return line if {*texts, "event_count"} == {*SIGNED, "signature"} else None


def _not_borne_out(heads: list[dict[str, Any]]) -> Iterator[chain.Fault]:
    rows = RecordEvent.objects.filter(
        record__in={line["record"] for line in heads}, sequence__in={line["event_count"] for line in heads}
    ).values_list("record_id", "sequence", "hash")
    hashes = {(str(record_id), sequence): head for record_id, sequence, head in rows}
    for line in heads:
        if hashes.get((line["record"], line["event_count"])) != line["head_hash"]:
            what = f"not the head that was signed on {line['signed_at']}"
            yield chain.Fault(line["record"], line["event_count"], what)
