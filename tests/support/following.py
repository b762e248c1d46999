"""A phone that follows its person's own data by sync."""

from typing import Any

SYNC = "/api/v1/sync/"


class Phone:
    """What a phone keeps, brought up to date by every answer."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.cursor: str | None = None
        self.kept: dict[tuple[str, str], Any] = {}

    def follow(self) -> list[dict[str, Any]]:
        """Asks until there is no more; returns what it was told."""
        told: list[dict[str, Any]] = []
        while True:
            query = {"cursor": self.cursor} if self.cursor else {}
            answer = self.client.get(SYNC, query)
            assert answer.status_code == 200, answer.json()
            page = answer.json()
            for change in page["changes"]:
                key = (change["kind"], change["id"])
                if change["is_removed"]:
                    self.kept.pop(key, None)
                else:
                    self.kept[key] = change[change["kind"]]
            told += page["changes"]
            self.cursor = page["cursor"]
            if not page["has_more"]:
                return told


def phone_of(api: Any, person: Any) -> Phone:
    return Phone(api.as_(person))
