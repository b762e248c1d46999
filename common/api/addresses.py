"""How an address of the API is found: by its first segment, which is never a parameter, before any pattern is tried;
and what an id in it is."""

from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.converters import UUIDConverter
from django.urls.resolvers import RoutePattern
from django.utils.functional import cached_property


class IdConverter(UUIDConverter):
    """A UUID in either case, as in a body: phones that make ids write them in capitals, too (RFC 9562, section 4)."""

    regex = UUIDConverter.regex.replace("a-f", "a-fA-F")


# Registered in common.apps.
ID = "id"


class BySegment(URLResolver):
    """Patterns below `prefix`, of which only those that begin with the segment asked for are tried, in their order."""

    def __init__(self, prefix: str, patterns: Sequence[URLPattern]) -> None:
        super().__init__(RoutePattern(prefix), patterns)
        self.prefix = prefix

    @cached_property
    def _by_segment(self) -> dict[str, URLResolver]:
        patterns: dict[str, list[Any]] = {}
        for pattern in self.url_patterns:
            segment = str(pattern.pattern).partition("/")[0]
            if "<" in segment:
                raise ValueError(f"{pattern.pattern} begins with a parameter")
            patterns.setdefault(segment, []).append(pattern)
        return {segment: URLResolver(self.pattern, of_it) for segment, of_it in patterns.items()}

    def resolve(self, path: Any) -> Any:
        """As Django's resolver of all the patterns; raises Resolver404."""
        segment = str(path).removeprefix(self.prefix).partition("/")[0]
        of_it = self._by_segment.get(segment)
        return of_it.resolve(path) if of_it else URLResolver(self.pattern, []).resolve(path)
