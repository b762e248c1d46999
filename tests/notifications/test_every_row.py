"""Every row of the product's table of notifications has its kinds: to whom, by which ways, and when."""

from dataclasses import dataclass

import pytest
from django.utils import translation

from notifications import registry
from notifications.models import Channel
from notifications.registry import Audience
from notifications.registry import Audience as To


@dataclass(frozen=True)
class Row:
    """An event, the kinds that tell of it, and to whom it goes by the table. ✉ is `by_mail`."""

    event: str
    kinds: str
    to: frozenset[Audience]
    by_mail: bool = True
    digest: bool = False


def row(event, kinds, *to, **facts):
    return Row(event, kinds, frozenset(to), **facts)


# PRODUCT.md, "Notifications". Purging data ("60 and 7 days before") is not built yet, and nothing is told of it.
ROWS = [
    row("account", "account_verify account_reset account_new_sign_in", To.PERSON),
    row("invitation", "invitation", To.INVITED),
    row("consent asked", "consent_asked guardian_informed", To.GUARDIAN),
    row("consent decided", "consent_given consent_refused consent_withdrawn", To.PERSON, To.ORGANIZERS),
    row("join waiting", "join_waiting", To.TEACHERS, digest=True),
    row("join accepted", "join_accepted", To.PERSON),
    row("sign-ups", "sign_up_received sign_up_undecided place_withdrawn", To.ORGANIZERS, digest=True),
    row("message of the organisers", "organizer_message", To.PERSON),
    row("message of the organisers, to guardians", "guardian_told_of_message", To.GUARDIAN),
    row(
        "what becomes of a sign-up",
        "sign_up_accepted sign_up_declined sign_up_removed sign_up_restored sign_up_expired",
        To.PERSON,
    ),
    row(
        "what becomes of a minor's sign-up",
        "guardian_told_of_place guardian_told_of_no_place guardian_told_of_loss guardian_told_of_change",
        To.GUARDIAN,
    ),
    row("place offered", "place_offered offer_lapses_soon", To.PERSON),
    row("shift in a day", "shift_in_a_day", To.PERSON),
    row("shift in two hours", "shift_in_two_hours", To.PERSON, by_mail=False),
    row("shift changed or cancelled", "shift_changed sign_up_cancelled", To.PERSON),
    row("check-in", "check_in_open check_out_forgotten", To.PERSON, by_mail=False),
    row("hours to attest, by a tutor", "tutor_asked", To.TUTOR),
    row("hours to attest, attendances to confirm", "to_attest attendances_to_confirm", To.ORGANIZERS),
    row("attestation", "attested amended denied attestation_bounced", To.PERSON),
    row("hours waiting", "hours_waiting", To.TEACHERS, digest=True),
    row(
        "hours waiting for long, contest, refusal",
        "hours_waiting_long contest_opened refusal_to_settle",
        To.SCHOOL_MANAGERS,
        digest=True,
    ),
    row("decision", "approved partly_approved returned rejected revoked contest_decided", To.PERSON),
    row("progress", "progress_reached behind_at_mid_year deadline_near", To.PERSON, by_mail=False),
    row("certificate", "certificate_issued certificate_superseded certificate_revoked", To.PERSON),
    row("volunteers needed", "volunteers_needed", To.PERSON, by_mail=False),
    row("to review", "mission_to_review revision_to_review organization_to_verify", To.REGION, digest=True),
    row("the region's answer", "mission_published mission_changes_requested", To.ORGANIZERS),
    row("the region's answer to a revision", "revision_accepted revision_refused", To.ORGANIZERS),
    row("the region's answer to an organisation", "organization_verified organization_refused", To.ORGANIZERS),
    row("danger", "danger_reported", To.REGION, To.SCHOOL_MANAGERS),
    row("person suspended, restored", "account_suspended account_restored", To.PERSON),
    row("organisation suspended", "organization_suspended", To.ORGANIZERS),
]
EVERY = [(one, kind) for one in ROWS for kind in one.kinds.split()]


@pytest.mark.parametrize(("one", "kind"), EVERY, ids=[kind for _row, kind in EVERY])
def test_a_row_of_the_product_is_told_to_whom_and_how_it_says(one, kind):
    facts = registry.facts_of(kind)
    assert one.to <= set(facts.to)
    assert (facts.reaches_everyone or Channel.MAIL in facts.channels) is one.by_mail
    if one.digest:
        assert facts.digest is not None, "staff may choose how often they hear of it"


@pytest.mark.parametrize("facts", registry.registered(), ids=lambda facts: facts.kind)
def test_every_kind_has_a_label_in_both_languages(facts):
    labels = []
    for language in ("fr", "en"):
        with translation.override(language):
            labels.append(str(facts.kind.label))
    french, english = labels
    assert french
    assert english
    assert french != english or facts.kind == "invitation"  # the same word in both
