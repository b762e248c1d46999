"""Five screens of an app: the requests that each makes, and how much of a phone's data it costs, which the test of
tests/test_five_screens.py measures. docs/api.md shows them as a table."""

import math
from dataclasses import dataclass

MOST_KILOBYTES = 10
STEP = 0.5
# Ids, marks of pictures and times are others in each run: so many bytes more or less.
GIVE = 150


@dataclass(frozen=True)
class Screen:
    """What it shows; the addresses that are read for it; at most how many kilobytes (1,000 bytes) they answer."""

    name: str
    paths: tuple[str, ...]
    kilobytes: float

    def holds(self, measured: int) -> bool:
        """Whether these bytes are what is said: no more, and not so much less that another step would say it better."""
        return self.kilobytes * 1000 - GIVE - STEP * 1000 < measured <= self.kilobytes * 1000


def rounded(measured: int) -> float:
    """The kilobytes to say of a screen that was measured once: half kilobytes, some bytes to spare."""
    return math.ceil((measured + GIVE / 2) / 1000 / STEP) * STEP


SCREENS = (
    Screen("A student's home", ("me/", "me/progress/", "sign-ups/?stage=to_come&sort=soonest&page_size=3"), 2),
    Screen("Find: twenty missions, each with its picture and its next shifts", ("missions/",), 9),
    Screen("One mission, and what it is to the reader (`mine`)", ("missions/{id}/",), 2),
    Screen("A student's hours: twenty entries", ("me/progress/", "hour-entries/?page_size=20"), 5.5),
    Screen(
        "A teacher's class of 35, twenty entries waiting",
        ("classes/{id}/progress/", "hour-entries/?stage=waiting&class_group={id}&page_size=20"),
        9,
    ),
)
