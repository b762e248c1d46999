"""What a person running the demo reads of the world outside: the mails, then the pushes, newest first."""

import re
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from demo.received import Received


def with_links(text: str) -> str:
    """HTML of a plain text: all escaped, web addresses clickable."""
    parts = re.split(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])", text)
    return "".join(
        f'<a href="{escape(part)}" rel="noreferrer">{escape(part)}</a>' if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def article(title: str, where: str, text: str) -> str:
    return f"<article><h3>{escape(title)}</h3><p>{escape(where)}</p><pre>{with_links(text)}</pre></article>"


def in_paris(received_at: str) -> str:
    return f"{datetime.fromisoformat(received_at).astimezone(ZoneInfo('Europe/Paris')):%d/%m/%Y à %H:%M:%S}"


def page(world: Received) -> str:
    mails = "".join(
        article(mail["subject"], f"à {', '.join(mail['to'])}, {in_paris(mail['received_at'])}", mail["text"])
        for mail in reversed(world.mails)
    )
    pushes = [push for received in list(world.phones.values()) for push in list(received)]
    pushes.sort(key=lambda push: push["received_at"], reverse=True)
    phones = "".join(
        article(
            str(push.get("notification", {}).get("title", "")),
            f"téléphone {push['token'][:40]}, {in_paris(push['received_at'])}",
            str(push.get("notification", {}).get("body", "")),
        )
        for push in pushes
    )
    return (
        '<!doctype html><html lang="fr"><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
        "<title>Élan : le monde extérieur</title>"
        "<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}"
        "article{border:1px solid #ccc;padding:0 1rem;margin:1rem 0}pre{white-space:pre-wrap}</style>"
        "<h1>Le monde extérieur</h1><p>Ce que la démonstration envoie : rien ne quitte cette machine.</p>"
        f"<h2>Courriels ({len(world.mails)})</h2>{mails or '<p>Aucun courriel.</p>'}"
        f"<h2>Notifications sur les téléphones ({len(pushes)})</h2>"
        f"{phones or '<p>Aucune notification.</p>'}</html>"
    )
