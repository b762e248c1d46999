"""The heads of the ledger, signed each night and written down outside the database, so that a whole chain cannot be
rewritten unseen: one JSON line per record that moved, appended to one file a month."""

import fcntl
import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from engagement import ledger, signing
from engagement.models import Record, RecordEvent

HEADS_AT_ONCE = 500
SIGNED = ("record", "event_count", "head_hash", "signed_at", "key_id")


def _message(line: dict[str, Any]) -> bytes:
    return ledger.canonical({name: line.get(name) for name in SIGNED}).encode()


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
            lines = []
            for record_id, event_count, head_hash in heads:
                line = {
                    "record": str(record_id),
                    "event_count": event_count,
                    "head_hash": head_hash,
                    "signed_at": now.isoformat(),
                    "key_id": key_id,
                }
                lines.append(json.dumps({**line, "signature": signing.sign(key, _message(line))}) + "\n")
            with (directory / f"heads-{now:%Y-%m}.jsonl").open("a") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            _remember(heads)
            count += len(heads)
    return count


def _unsigned() -> list[tuple[Any, int, str]]:
    moved = Record.objects.exclude(event_count=F("signed_event_count"))
    return list(moved.order_by("pk").values_list("pk", "event_count", "head_hash")[:HEADS_AT_ONCE])


def _remember(heads: list[tuple[Any, int, str]]) -> None:
    records = [Record(pk=record_id, signed_event_count=event_count) for record_id, event_count, _hash in heads]
    Record.objects.bulk_update(records, ["signed_event_count"])


def verify_heads() -> Iterator[ledger.Fault | str]:
    """Every signed head that the database does not bear out (a Fault), and every line that no key of ours has signed
    (where it stands)."""
    keys = signing.public_keys()
    for path in sorted(Path(settings.LEDGER_HEADS_DIR).glob("heads-*.jsonl")):
        with path.open() as file:
            lines = enumerate(file, start=1)
            while numbered := list(islice(lines, HEADS_AT_ONCE)):
                heads = []
                for number, text in numbered:
                    line = _read(text)
                    if line and signing.is_signed(keys, line["key_id"], _message(line), line["signature"]):
                        heads.append(line)
                    else:
                        yield f"{path.name}: line {number}: not signed by any key of ours"
                yield from _not_borne_out(heads)


def _read(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    texts = {name for name, value in line.items() if isinstance(value, str)} if isinstance(line, dict) else set()
    return line if {*texts, "event_count"} == {*SIGNED, "signature"} else None


def _not_borne_out(heads: list[dict[str, Any]]) -> Iterator[ledger.Fault]:
    rows = RecordEvent.objects.filter(
        record__in={line["record"] for line in heads}, sequence__in={line["event_count"] for line in heads}
    ).values_list("record_id", "sequence", "hash")
    hashes = {(str(record_id), sequence): head for record_id, sequence, head in rows}
    for line in heads:
        if hashes.get((line["record"], line["event_count"])) != line["head_hash"]:
            what = f"not the head that was signed on {line['signed_at']}"
            yield ledger.Fault(line["record"], line["event_count"], what)
