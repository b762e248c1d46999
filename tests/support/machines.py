"""How each state machine is walked: a row in any state, each verb through its service, and what a move must leave."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, InvitationKind
from accounts.notices import INVITATION_PURPOSE
from common import links
from common.errors import Gone, NotVisible
from engagement.ledger import verify_chain
from engagement.models import Decision, HourEntry, RecordEvent
from engagement.services import decisions, entries
from missions import codes, notices
from missions.models import Attendance, CheckIn
from missions.services import attendances, consents, missions, organizations, sign_ups
from missions.services.consents import AlreadyDecided
from notifications import push, relay
from notifications.models import Delivery, OutboxMessage
from schools.models import ClassReferent, StaffMembership
from schools.services import classes, staff
from tests.support import factories


@dataclass(frozen=True)
class Machine:
    """How a machine is walked. `at(state, verb)` makes a row; `drive` moves it; `wrote` says what a move left.

    `field` holds the state; `refusals` are those other than WrongState, None being the repeat that answers as before.
    """

    at: Callable[[str, str], Any]
    drive: dict[str, Callable[[Any], Any]]
    wrote: Callable[[Any, str], bool]
    refusals: dict[tuple[str, str], type[Exception] | None]
    field: str = "status"


def told(key: str) -> bool:
    return OutboxMessage.objects.filter(dedupe_key__startswith=key).exists()


def now_if(condition: bool) -> Any:
    return timezone.now() if condition else None


# --- Invitation and memberships ----------------------------------------------------------------------------------
def invitation_at(state, verb):
    return Invitation.objects.create(
        email="maya@example.org",
        kind=InvitationKind.SCHOOL_STAFF,
        target_id=factories.SchoolFactory().pk,
        target_name="Lycée",
        role="teacher",
        status=state,
        accepted_at=now_if(state == "active"),
        expires_at=timezone.now() + timedelta(days=7),
    )


def accept_invitation(row):
    token = links.make_token(INVITATION_PURPOSE, row.pk)
    return invitations.accept_invitation(token, password="une phrase pour entrer", first_name="M", last_name="D")


INVITATION = Machine(
    invitation_at,
    {"accept": accept_invitation},
    lambda row, verb: bool(row.accepted_at)
    and StaffMembership.objects.active().filter(person=row.accepted_by, school=row.target_id).exists(),
    {("active", "accept"): Gone},  # a used link says no more than one that never was
)


def membership_machine(factory, end):
    return Machine(
        lambda state, verb: factory(status=state, ended_at=now_if(state == "ended")),
        {"end": lambda row: end(row, actor=row.person)},
        lambda row, verb: bool(row.ended_at),
        {},
    )


# --- Enrolment -------------------------------------------------------------------------------------------------
def enrolment_at(state, verb):
    return factories.enrolled_student(status=state, activated_at=now_if(state == "active"))


def teacher_of(enrolment):
    return ClassReferent.objects.get(class_group=enrolment.class_group).membership.person


def enrolment_wrote(row, verb):
    admitted = verb == "admit"
    assert bool(row.activated_at) is admitted
    return row.decided_by == teacher_of(row) and told(f"join-accepted:{row.pk}") is admitted


ENROLMENT = Machine(
    enrolment_at,
    {
        "admit": lambda row: classes.admit_enrolment(row, actor=teacher_of(row)),
        "refuse": lambda row: classes.refuse_enrolment(row, actor=teacher_of(row)),
    },
    enrolment_wrote,
    {},
)


# --- Organization and Mission ----------------------------------------------------------------------------------
def region():
    return factories.UserFactory(region=True)


def organization_at(state, verb):
    row = factories.OrganizationFactory(status=state, decided_at=now_if(state != "unverified"))
    factories.OrganizationMembershipFactory(organization=row)
    return row


ORGANIZATION = Machine(
    organization_at,
    {
        verb: lambda row, verb=verb: organizations.decide_organization(row, verb, actor=region())
        for verb in ("verify", "refuse")
    },
    lambda row, verb: bool(row.decided_at and row.decided_by_id) and told(f"organization-decided:{row.pk}"),
    {},
)


def mission_at(state, verb):
    row = factories.MissionFactory(status=state, published_at=now_if(state == "published"))
    factories.ShiftFactory(mission=row)
    factories.OrganizationMembershipFactory(organization=row.organization)
    region()
    return row


def coordinator_of(mission):
    return mission.organization.memberships.get().person


def mission_wrote(row, verb):
    assert row.version == 2
    assert bool(row.published_at) is (verb == "approve")
    key = {"submit": "mission-to-review", "withdraw": ""}.get(verb, "mission-reviewed")
    return told(f"{key}:{row.pk}:2") if key else not OutboxMessage.objects.exists()


MISSION = Machine(
    mission_at,
    {
        "submit": lambda row: missions.submit_mission(row, actor=coordinator_of(row)),
        "withdraw": lambda row: missions.withdraw_mission(row, actor=coordinator_of(row)),
        "approve": lambda row: missions.review_mission(row, "approve", actor=region()),
        "request_changes": lambda row: missions.review_mission(row, "request_changes", reason="Où ?", actor=region()),
    },
    mission_wrote,
    {},
)


# --- SignUp and Attendance -------------------------------------------------------------------------------------
LIVE = ("pending", "accepted")


def sign_up_at(state, verb, **shift):
    shift = factories.ShiftFactory(
        mission__reviewed_sign_ups=True, taken_count=1 if state == "accepted" else 0, **shift
    )
    factories.OrganizationMembershipFactory(organization=shift.mission.organization)
    row = factories.SignUpFactory(
        shift=shift, status=state, accepted_at=now_if(state == "accepted"), ended_at=now_if(state not in LIVE)
    )
    if state == "accepted":
        factories.AttendanceFactory(sign_up=row)
    return row


def sign_up_wrote(row, verb):
    row.shift.refresh_from_db()
    assert row.shift.taken_count == (1 if verb == "accept" else 0)
    assert bool(row.accepted_at) == (verb == "accept") or verb == "withdraw"
    assert bool(row.ended_at) == (verb != "accept")
    attended = list(Attendance.objects.filter(sign_up=row).values_list("status", flat=True))
    assert attended in {"accept": [["expected"]], "decline": [[]], "withdraw": [[], ["voided"]]}[verb]
    key = {"accept": "sign-up-accepted", "decline": "sign-up-declined", "withdraw": "place_withdrawn"}[verb]
    return told(f"{key}:{row.pk}")


SIGN_UP = Machine(
    sign_up_at,
    {
        "accept": lambda row: sign_ups.accept_sign_up(row, actor=coordinator_of(row.shift.mission)),
        "decline": lambda row: sign_ups.decline_sign_up(row, reason="", actor=coordinator_of(row.shift.mission)),
        "withdraw": lambda row: sign_ups.withdraw_sign_up(row, actor=row.person),
    },
    sign_up_wrote,
    {},
)


def attendance_at(state, verb):
    """On a shift that opens its doors now; one to be confirmed has begun."""
    starts_at = timezone.now() + timedelta(minutes=-5 if verb == "confirm" else 10)
    row = sign_up_at("accepted", verb, starts_at=starts_at).attendance
    confirmed = state == "confirmed"
    Attendance.objects.filter(pk=row.pk).update(
        status=state, minutes=90 if confirmed else None, confirmed_at=now_if(confirmed)
    )
    if state == "voided":
        row.sign_up.shift.taken_count = 0
        row.sign_up.shift.save()
        type(row.sign_up).objects.update(status="withdrawn", ended_at=timezone.now())
    times = {"checked_in": ["in"], "checked_out": ["in", "out"]}.get(state, [])
    for direction in times:
        at = timezone.now() - timedelta(minutes=2)
        CheckIn.objects.create(attendance=row, direction=direction, occurred_at=at, sent_at=at, received_at=at)
    return Attendance.objects.select_related("sign_up__person", "sign_up__shift__mission").get(pk=row.pk)


def present(row, direction):
    now, shift = timezone.now(), row.sign_up.shift
    code = codes.code_of(shift.pk, codes.step_of(now))
    return attendances.check_in(
        shift_id=shift.pk, direction=direction, code=code, occurred_at=now, sent_at=now, actor=row.sign_up.person
    )


def attendance_wrote(row, verb):
    if verb in ("check_in", "check_out"):
        return row.check_ins.filter(direction=verb.removeprefix("check_")).count() == 1
    if verb == "void":
        return row.sign_up.status == "withdrawn" and not row.check_ins.exists()
    assert bool(row.confirmed_at and row.confirmed_by_id)
    assert row.minutes == 60
    return HourEntry.objects.filter(attendance=row, attested_minutes=60).exists()


ATTENDANCE = Machine(
    attendance_at,
    {
        "check_in": lambda row: present(row, "in"),
        "check_out": lambda row: present(row, "out"),
        "confirm": lambda row: attendances.confirm_attendance(
            row, minutes=60, actor=coordinator_of(row.sign_up.shift.mission)
        ),
        "void": lambda row: sign_ups.withdraw_sign_up(row.sign_up, actor=row.sign_up.person),
    },
    attendance_wrote,
    {
        ("checked_in", "check_in"): None,
        ("checked_out", "check_in"): None,
        ("checked_out", "check_out"): None,
        ("voided", "check_in"): NotVisible,
        ("voided", "check_out"): NotVisible,
    },
)

# --- Consent ---------------------------------------------------------------------------------------------------
CONSENT = Machine(
    lambda state, verb: factories.ConsentFactory(status=state, decided_at=now_if(state != "requested")),
    {
        verb: lambda row, verb=verb: consents.decide_consent(
            links.make_token(notices.CONSENT_PURPOSE, row.pk), decision=verb
        )
        for verb in ("grant", "refuse")
    },
    lambda row, verb: bool(row.decided_at) and told(f"consent-decided:{row.pk}:{row.status}"),
    {
        ("granted", "grant"): None,
        ("refused", "refuse"): None,
        ("granted", "refuse"): AlreadyDecided,
        ("refused", "grant"): AlreadyDecided,
    },
)


# --- HourEntry and its attestation -----------------------------------------------------------------------------
def entry_at(state, verb):
    return factories.HourEntryFactory(
        record=factories.record_of(factories.enrolled_student()),
        status=state,
        submitted_at=now_if(state != "draft"),
        approved_minutes=90 if state == "approved" else None,
    )


def rule(row, verb):
    teacher = ClassReferent.objects.get().membership.person
    return decisions.decide(decisions.Ruling(row.pk, verb, reason="Parce que."), actor=teacher)


def entry_wrote(row, verb):
    row.record.refresh_from_db()
    event = RecordEvent.objects.get(record=row.record)
    verify_chain(row.record)
    assert (event.facts["verb"], event.facts["status"]) == (verb, row.status)
    assert row.submitted_at or row.status == "draft"
    assert row.version == 2
    if verb in ("submit", "withdraw"):
        return not Decision.objects.exists()
    decision = Decision.objects.get(entry=row, verb=verb)
    return (decision.minutes, row.approved_minutes) == ((90, 90) if verb == "approve" else (None, None)) and told(
        f"decided:{decision.pk}"
    )


HOUR_ENTRY = Machine(
    entry_at,
    {
        "submit": lambda row: entries.submit_entry(row, actor=row.record.person),
        "withdraw": lambda row: entries.withdraw_entry(row, actor=row.record.person),
        **{verb: lambda row, verb=verb: rule(row, verb) for verb in ("approve", "return", "reject")},
    },
    entry_wrote,
    {("draft", verb): NotVisible for verb in ("approve", "return", "reject")},  # a draft is its author's alone
)


def attested_at(state, verb):
    """An attendance; its hours are attested when it is confirmed, and by nothing else."""
    row = attendance_at("expected", "confirm")
    if state == "confirmed":
        ATTENDANCE.drive["confirm"](row)
    return row


ATTESTATION = Machine(
    attested_at,
    {"attest_by_attendance": ATTENDANCE.drive["confirm"]},
    lambda row, verb: row.hour_entry.attestations.get().minutes == 60 and told(f"attested:{row.hour_entry.pk}"),
    {},
    field="hour_entry.attestation_status",
)


# --- Delivery --------------------------------------------------------------------------------------------------
def delivery_at(state, verb):
    device = factories.DeviceFactory()
    message = OutboxMessage.objects.create(
        kind="test", recipient=device.person, title="t", body="b", dedupe_key="k", channels=["push"]
    )
    relay._expand(message)
    return Delivery.objects.create(
        message=message,
        channel="push",
        device=device,
        status=state,
        finished_at=now_if(state != "pending"),
        lease=message.pk,
        leased_until=timezone.now() + timedelta(seconds=60),
    )


ANSWERS = {"send": None, "fail": push.RetryLater(), "drop": push.DeadToken(), "die": push.MessageRefused()}


def deliver(row, verb):
    def answer(message):
        if ANSWERS[verb]:
            raise ANSWERS[verb]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(push, "send", answer)
        return relay.deliver(row)


def delivery_wrote(row, verb):
    assert (row.attempt_count, row.lease, row.leased_until) == (1, None, None)
    assert (row.due_at > timezone.now()) is (verb == "fail")
    return bool(row.finished_at) is (verb != "fail")


DELIVERY = Machine(
    delivery_at,
    {verb: lambda row, verb=verb: deliver(row, verb) for verb in ANSWERS},
    delivery_wrote,
    # A finished delivery is nobody's lease any more: nothing is sent and nothing written.
    {(state, verb): None for state in ("sent", "dropped", "dead") for verb in ANSWERS},
)

MACHINES = {
    "accounts.INVITATION": INVITATION,
    "schools.MEMBERSHIP": membership_machine(factories.StaffMembershipFactory, staff.end_staff),
    "missions.MEMBERSHIP": membership_machine(
        factories.OrganizationMembershipFactory, organizations.end_membership
    ),
    "schools.ENROLMENT": ENROLMENT,
    "missions.ORGANIZATION": ORGANIZATION,
    "missions.MISSION": MISSION,
    "missions.SIGN_UP": SIGN_UP,
    "missions.ATTENDANCE": ATTENDANCE,
    "missions.CONSENT": CONSENT,
    "engagement.HOUR_ENTRY": HOUR_ENTRY,
    "engagement.ATTESTATION": ATTESTATION,
    "notifications.DELIVERY": DELIVERY,
}
