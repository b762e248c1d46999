"""Which origins a deployment opens the API to: as browsers write them, or the process does not start."""

import re

from django.core.exceptions import ImproperlyConfigured

ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9.-]+|\[[0-9a-f:]+\])(?::([1-9][0-9]{0,4}))?")
USUAL_PORTS = {"https": 443, "http": 80}
OF_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
HIGHEST_PORT = 65535


def read_origins(listed: list[str]) -> list[str]:
    """The same origins; raises ImproperlyConfigured for one that no browser sends, and for one without TLS."""
    origins = [origin.strip() for origin in listed]
    for origin in origins:
        if not _can_be_opened(origin):
            raise ImproperlyConfigured(
                f"CORS_ORIGINS: {origin!r} is no origin that can be opened. Write it as browsers send it, for example "
                "https://app.example.org or http://localhost:5173: scheme and host in small letters, a port where it "
                "is not the usual one, no path, no slash at the end, no asterisk; http on this machine alone."
            )
    return origins


def _can_be_opened(origin: str) -> bool:
    found = ORIGIN.fullmatch(origin)
    if found is None:
        return False
    scheme, host, port = found.groups()
    if scheme == "http" and host not in OF_THIS_MACHINE:
        return False
    return port is None or (int(port) <= HIGHEST_PORT and int(port) != USUAL_PORTS.get(scheme))
