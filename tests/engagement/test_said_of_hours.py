"""What the student reads of a decision: in part only where less counts than there was to approve."""

from django.utils import translation

from engagement.models import Decision, HourEntry
from engagement.notices import decided


def test_all_that_was_agreed_is_not_said_to_be_approved_in_part():
    for claimed, attested, approved, in_part in (
        (60, None, 60, False),
        (60, None, 45, True),
        (60, 45, 45, False),  # the organisation corrected it
        (60, 45, 30, True),
        (60, 90, 60, False),
        (16, 16, 16, False),
    ):
        entry = HourEntry(claimed_minutes=claimed, attested_minutes=attested, title="Maraude")
        decision = Decision(verb="approve", minutes=approved, entry=entry)
        with translation.override("fr"):
            said = decided(decision)
        assert (said.kind == "partly_approved") == ("en partie" in said.title) == in_part
    assert said.title.startswith("16\u00a0min validées")
