"""How each state machine is walked: a row in any state, each verb through its service, and what a move must leave."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, InvitationKind
from accounts.notices import INVITATION_PURPOSE
from common import links
from common.errors import Gone, NotVisible, WrongState
from common.models import Change
from consents.models import ConsentEvent
from consents.services import consents, guardianships
from engagement import notices
from engagement.chain import verify_chain
from engagement.ledger import lock_records
from engagement.models import Attestation, AttestationRequest, Contest, Decision, HourEntry, RecordEvent
from engagement.services import attestation_requests, attestations, certificates, contests, decisions, entries
from engagement.services.attendances import take_back_attestation
from engagement.services.records import save_move
from engagement.states import ATTESTED, AttestationStatus
from missions import codes
from missions.models import Attendance, CheckIn, MissionRevision
from missions.services import (
    attendances,
    check_in_clock,
    check_ins,
    deadlines,
    ends_of_missions,
    missions,
    reports,
    restorations,
    revisions,
    shift_changes,
    shifts,
    sign_ups,
    waiting_list,
)
from missions.states import MissionStatus, SignUpStatus
from notifications import expansion, push, relay, retries
from notifications.models import Delivery, OutboxMessage
from notifications.outbox import occasion_of
from organizations.services import organizations
from schools.models import ClassReferent, StaffMembership
from schools.services import enrolments, staff
from tests.support import factories
from tests.support.guardians import page_token
from tests.support.notices import told


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
    facts = {"password": "une phrase pour entrer", "first_name": "M", "last_name": "D", "address": "here"}
    return invitations.accept_invitation(token, **facts)


INVITATION = Machine(
    invitation_at,
    {"accept": accept_invitation},
    lambda row, verb: (
        bool(row.accepted_at)
        and StaffMembership.objects.active().filter(person=row.accepted_by, school=row.target_id).exists()
    ),
    {("active", "accept"): Gone},  # a used link says no more than one that never was
)


MEMBERSHIP = Machine(
    lambda state, verb: factories.StaffMembershipFactory(status=state, ended_at=now_if(state == "ended")),
    {"end": lambda row: staff.end_staff(row, actor=row.person)},
    lambda row, verb: bool(row.ended_at),
    {},
)


# --- Enrolment -------------------------------------------------------------------------------------------------
def enrolment_at(state, verb):
    dated = {"activated_at": now_if(state in ("active", "ended")), "ended_at": now_if(state == "ended")}
    return factories.enrolled_student(status=state, **dated)


def teacher_of(enrolment):
    return ClassReferent.objects.get(class_group=enrolment.class_group).membership.person


def enrolment_wrote(row, verb):
    assert bool(row.activated_at) is (verb in ("admit", "end"))
    assert bool(row.ended_at) is (verb == "end")
    assert (row.decided_by == teacher_of(row)) is (verb != "ask_again")
    kind = {"admit": "join_accepted", "end": "enrolment_ended", "ask_again": "join_waiting"}.get(verb)
    return told(kind, row) if kind else not OutboxMessage.objects.exists()


ENROLMENT = Machine(
    enrolment_at,
    {
        "admit": lambda row: enrolments.admit_enrolment(row, actor=teacher_of(row)),
        "refuse": lambda row: enrolments.refuse_enrolment(row, actor=teacher_of(row)),
        "end": lambda row: enrolments.end_enrolment(row, actor=teacher_of(row)),
        "ask_again": lambda row: enrolments.ask_to_join(row.class_group, row.student),
    },
    enrolment_wrote,
    # A join sent again answers as before.
    {("requested", "ask_again"): None, ("active", "ask_again"): None},
)


# --- Organization and Mission ----------------------------------------------------------------------------------
def region():
    return factories.UserFactory(region=True)


def organization_at(state, verb):
    suspended = {"former_status": "verified", "suspended_at": timezone.now()} if state == "suspended" else {}
    row = factories.OrganizationFactory(status=state, decided_at=now_if(state != "unverified"), **suspended)
    factories.OrganizationMembershipFactory(organization=row)
    return row


def organization_wrote(row, verb):
    assert row.version == 2
    assert (bool(row.suspended_at), bool(row.former_status)) == (verb == "suspend",) * 2
    assert bool(row.decided_by_id) is (verb not in ("suspend", "restore"))
    return told(f"organization_{row.status}", row, "2")


ORGANIZATION = Machine(
    organization_at,
    {
        verb: lambda row, verb=verb: organizations.decide_organization(row, verb, actor=region())
        for verb in ("verify", "refuse", "trust", "distrust")
    }
    | {
        "suspend": lambda row: organizations.suspend_organization(row, reason="Une plainte.", actor=region()),
        "restore": lambda row: organizations.restore_organization(row, actor=region()),
    },
    organization_wrote,
    {},
)


def mission_at(state, verb):
    row = factories.MissionFactory(
        status=state,
        published_at=now_if(state in ("published", "closed")),
        ended_at=now_if(state in ("closed", "cancelled", "archived")),
        archived_at=now_if(state == "archived"),
        cancel_reason="Pluie." if state == "cancelled" else "",
    )
    if verb == "publish":
        type(row.organization).objects.filter(pk=row.organization_id).update(status="trusted")
    factories.ShiftFactory(mission=row)
    factories.OrganizationMembershipFactory(organization=row.organization)
    region()
    return row


def coordinator_of(mission):
    return mission.organization.memberships.get().person


def mission_wrote(row, verb):
    assert row.version == 2
    assert bool(row.published_at) is (verb in ("approve", "publish", "close")) or verb in ("cancel", "archive")
    assert bool(row.ended_at) is (verb in ("close", "cancel", "archive"))
    assert bool(row.archived_at) is (verb == "archive")
    assert set(row.shifts.values_list("status", flat=True)) == {"cancelled" if verb == "cancel" else "scheduled"}
    told_of = {
        "submit": ("mission_to_review", row, "2"),
        "approve": ("mission_published", row, "2"),
        "request_changes": ("mission_changes_requested", row, "2"),
        "cancel": ("mission_cancelled", row),
    }.get(verb)
    return told(*told_of) if told_of else not OutboxMessage.objects.exists()


def archive(row):
    """As the job would, a month later."""
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        ends_of_missions.archive_missions()


MISSION = Machine(
    mission_at,
    {
        "submit": lambda row: missions.submit_mission(row, actor=coordinator_of(row)),
        "publish": lambda row: missions.submit_mission(row, actor=coordinator_of(row)),
        "close": lambda row: ends_of_missions.close_mission(row, actor=coordinator_of(row)),
        "cancel": lambda row: ends_of_missions.cancel_mission(row, reason="Pluie.", actor=region()),
        "archive": archive,
        "withdraw": lambda row: missions.withdraw_mission(row, actor=coordinator_of(row)),
        "approve": lambda row: missions.review_mission(row, "approve", actor=region()),
        "request_changes": lambda row: missions.review_mission(row, "request_changes", reason="Où ?", actor=region()),
    },
    mission_wrote,
    # The job looks for what is its own, and passes the rest by.
    {(str(state), "archive"): None for state in MissionStatus},
)


# --- MissionRevision, Shift and Report -------------------------------------------------------------------------
def revision_at(state, verb):
    mission = factories.MissionFactory()
    factories.OrganizationMembershipFactory(organization=mission.organization)
    return MissionRevision.objects.create(
        mission=mission, changes={"title": "Maraude du soir"}, status=state, decided_at=now_if(state != "proposed")
    )


def revision_wrote(row, verb):
    assert bool(row.decided_at and row.decided_by_id)
    assert (row.mission.title == "Maraude du soir") is (verb == "accept")
    return told(f"revision_{row.status}", row)


MISSION_REVISION = Machine(
    revision_at,
    {
        "accept": lambda row: revisions.accept_revision(row, actor=region()),
        "refuse": lambda row: revisions.refuse_revision(row, reason="Trop vague.", actor=region()),
    },
    revision_wrote,
    {},
)


def shift_at(state, verb):
    shift = factories.ShiftFactory(cancelled=state == "cancelled", taken_count=int(state != "cancelled"))
    factories.OrganizationMembershipFactory(organization=shift.mission.organization)
    if state != "cancelled":
        factories.AttendanceFactory(sign_up__shift=shift)
    return shift


SHIFT = Machine(
    shift_at,
    {"cancel": lambda row: shifts.cancel_shift(row, reason="Pluie.", actor=coordinator_of(row.mission))},
    lambda row, verb: (
        (row.cancel_reason, row.taken_count, row.version) == ("Pluie.", 0, 2)
        and told("sign_up_cancelled", row.sign_ups.get())
    ),
    {},
)


def report_at(state, verb):
    return factories.ReportFactory(status=state, taken_at=now_if(state != "open"), closed_at=now_if(state == "closed"))


REPORT = Machine(
    report_at,
    {
        "take": lambda row: reports.take_report(row, actor=region()),
        "close": lambda row: reports.close_report(row, follow_up="Appelé.", actor=region()),
    },
    lambda row, verb: bool(row.taken_at) and bool(row.closed_at) is (verb == "close"),
    {},
)


# --- SignUp and Attendance -------------------------------------------------------------------------------------
LIVE = ("pending", "waitlisted", "offered", "accepted")


def sign_up_at(state, verb, **shift):
    """On a reviewed mission; in instant mode where only the waiting list of one has the verb."""
    shift.setdefault("mission__reviewed_sign_ups", verb not in ("offer", "take", "lapse"))
    if verb == "expire" or (state, verb) == ("waitlisted", "offer"):
        shift.setdefault("starts_at", factories.afternoon(20))
    shift = factories.ShiftFactory(taken_count=int(state in ("offered", "accepted")), **shift)
    factories.OrganizationMembershipFactory(organization=shift.mission.organization)
    row = factories.SignUpFactory(
        shift=shift,
        status=state,
        accepted_at=now_if(state == "accepted" or (state, verb) == ("withdrawn", "restore")),
        machine_reason="consent_needed" if (state, verb) == ("withdrawn", "restore") else "",
        ended_at=now_if(state not in LIVE),
        queue_number=1 if state in ("waitlisted", "offered") else None,
        offered_at=now_if(state == "offered"),
        offer_expires_at=now_if(state == "offered"),
    )
    if verb == "take":
        type(row).objects.filter(pk=row.pk).update(offer_expires_at=timezone.now() + timedelta(hours=1))
    if state in ("accepted", "removed") or row.machine_reason:
        factories.AttendanceFactory(sign_up=row, status="expected" if state == "accepted" else "voided")
    return row


ENDED = {"decline": "declined", "expire": "expired", "lapse": "lapsed", "remove": "removed", "cancel": "cancelled"}


def sign_up_wrote(row, verb):
    row.shift.refresh_from_db()
    assert row.shift.taken_count == (1 if verb in ("accept", "offer", "take", "restore") else 0)
    assert bool(row.accepted_at) is (verb in ("accept", "take", "remove", "restore")) or verb in ("withdraw", "cancel")
    assert bool(row.ended_at) is (verb not in ("accept", "offer", "take", "restore"))
    attended = list(Attendance.objects.filter(sign_up=row).values_list("status", flat=True))
    gone = {"withdraw": [[], ["voided"]], "cancel": [[], ["voided"]], "remove": [["voided"]]}
    there = {key: [["expected"]] for key in ("accept", "take", "restore")}
    assert attended in {**there, **gone}.get(verb, [[]])
    if verb == "restore":
        return told("sign_up_restored", row, occasion_of(row.accepted_at))
    key = {"withdraw": "place_withdrawn", "offer": "place_offered", "lapse": "offer_lapsed"}.get(verb)
    if verb == "withdraw" and row.queue_number and not row.offered_at:
        return not OutboxMessage.objects.exists()  # a number on the list frees no place
    return told(key or f"sign_up_{ENDED.get(verb, 'accepted')}", row)


def expire(row):
    """As the job would, after the start."""
    with time_machine.travel(row.shift.starts_at + timedelta(minutes=1), tick=False):
        deadlines.expire_sign_up(row.pk)


SIGN_UP = Machine(
    sign_up_at,
    {
        "accept": lambda row: sign_ups.accept_sign_up(row, actor=coordinator_of(row.shift.mission)),
        "decline": lambda row: sign_ups.decline_sign_up(row, reason="", actor=coordinator_of(row.shift.mission)),
        "expire": expire,
        "offer": lambda row: waiting_list.offer_freed_places(row.shift),
        "take": lambda row: waiting_list.take_offer(row, actor=row.person),
        "lapse": lambda row: waiting_list.lapse_offer(row.pk),
        "withdraw": lambda row: sign_ups.withdraw_sign_up(row, actor=row.person),
        "remove": lambda row: sign_ups.remove_sign_up(
            row, reason="Absente deux fois.", actor=coordinator_of(row.shift.mission)
        ),
        "restore": lambda row: restorations.restore_sign_up(row, actor=coordinator_of(row.shift.mission)),
        "cancel": lambda row: shift_changes.cancel_sign_ups(row.shift, "Il pleut."),
    },
    sign_up_wrote,
    # Jobs and cancellations look for what is theirs, and pass the rest by.
    {(str(state), verb): None for state in SignUpStatus for verb in ("expire", "offer", "lapse", "cancel")},
)


def attendance_at(state, verb):
    """On a shift that opens its doors now; one to be left, or that an organiser speaks of, has begun, one to be closed
    is long over."""
    minutes = {"check_in": 10, "check_out": -10, "void": 10, "expect": 10, "close": -300}.get(verb, -90)
    starts_at = timezone.now() + timedelta(minutes=minutes)
    row = sign_up_at("accepted", verb, starts_at=starts_at).attendance
    confirmed = state == "confirmed"
    Attendance.objects.filter(pk=row.pk).update(
        status=state,
        minutes=90 if confirmed else None,
        arrived_at=starts_at if confirmed else None,
        left_at=starts_at + timedelta(minutes=90) if confirmed else None,
        confirmed_at=now_if(confirmed),
    )
    if state == "voided":
        row.sign_up.shift.taken_count = 0
        row.sign_up.shift.save()
        given_up = "removed" if verb == "expect" else "withdrawn"
        type(row.sign_up).objects.update(status=given_up, ended_at=timezone.now())
    times = {"checked_in": ["in"], "checked_out": ["in", "out"]}.get(state, [])
    for direction in times:
        at = min(timezone.now() - timedelta(minutes=2), starts_at)
        CheckIn.objects.create(attendance=row, direction=direction, occurred_at=at, sent_at=at, received_at=at)
    return Attendance.objects.select_related("sign_up__person", "sign_up__shift__mission").get(pk=row.pk)


def present(row, direction):
    now, shift = timezone.now(), row.sign_up.shift
    telling = check_ins.Telling(shift.pk, direction, codes.code_of(shift.pk, codes.step_of(now)), now)
    (outcome,) = check_ins.check_in_many([telling], sent_at=now, actor=row.sign_up.person)
    if outcome.error:
        raise outcome.error


def organize(service, **facts):
    return lambda row: service(row, actor=coordinator_of(row.sign_up.shift.mission), **facts)


def attendance_wrote(row, verb):
    if verb == "check_in":
        return row.check_ins.filter(direction="in").count() == 1
    if verb == "check_out":
        return any(
            one.direction == "out" and one.occurred_at > one.attendance.sign_up.shift.starts_at
            for one in row.counted_check_ins
        )
    if verb == "void":
        return row.sign_up.status == "withdrawn" and not row.check_ins.exists()
    if verb == "expect":
        return row.sign_up.status == "accepted" and not row.check_ins.exists()
    if verb == "close":
        return bool(row.closed_at)
    event = row.events.get()
    assert (event.verb, bool(event.actor_id)) == (verb, True)
    if verb != "confirm":
        assert event.reason == "Parce que."
        kind = {"mark_no_show": "marked_no_show", "excuse": "excused", "reopen": "attendance_reopened"}[verb]
        return row.minutes is None and told(kind, event)
    assert bool(row.confirmed_at and row.confirmed_by_id)
    assert row.minutes == 60
    return HourEntry.objects.filter(attendance=row, attested_minutes=60).exists()


ATTENDANCE = Machine(
    attendance_at,
    {
        "check_in": lambda row: present(row, "in"),
        "check_out": lambda row: present(row, "out"),
        "close": check_in_clock.close_attendance,
        "confirm": organize(attendances.confirm_attendance, minutes=60),
        "mark_no_show": organize(attendances.mark_no_show, reason="Parce que."),
        "excuse": organize(attendances.excuse_attendance, reason="Parce que."),
        "reopen": organize(attendances.reopen_attendance, reason="Parce que."),
        "void": lambda row: sign_ups.withdraw_sign_up(row.sign_up, actor=row.sign_up.person),
        "expect": lambda row: SIGN_UP.drive["restore"](row.sign_up),
    },
    attendance_wrote,
    {
        ("checked_in", "check_in"): None,
        ("checked_out", "check_in"): None,
        ("voided", "check_in"): NotVisible,
        ("voided", "check_out"): NotVisible,
    },
)


# --- Consent ---------------------------------------------------------------------------------------------------
def move_consent(row, verb):
    with transaction.atomic():
        return consents.move(consents.lock_consent(row.pk), verb)


def consent_wrote(row, verb):
    assert bool(row.decided_at) is (verb not in ("expire", "ask_again"))
    assert row.ask_count == (2 if verb == "ask_again" else 1)
    assert ConsentEvent.objects.filter(consent=row).get().verb == verb
    kind = {"grant": "consent_given", "refuse": "consent_refused", "withdraw": "consent_withdrawn"}.get(verb)
    return kind is None or told(kind, row)


CONSENT = Machine(
    lambda state, verb: factories.ConsentFactory(
        status=state, decided_at=now_if(state not in ("requested", "expired"))
    ),
    {
        **{
            verb: lambda row, verb=verb: guardianships.speak(page_token(row.guardian), verb)
            for verb in ("grant", "refuse", "withdraw")
        },
        **{verb: lambda row, verb=verb: move_consent(row, verb) for verb in ("expire", "lapse", "ask_again")},
    },
    consent_wrote,
    {},
)


# --- HourEntry, its attestation, and contests ------------------------------------------------------------------
def entry_at(state, verb):
    approved = 60 if verb == "reconsider" else 90  # what is approved in part can be reconsidered
    entry = factories.HourEntryFactory(
        record=factories.record_of(factories.enrolled_student()),
        status=state,
        submitted_at=now_if(state != "draft"),
        approved_minutes=approved if state == "approved" else None,
    )
    if verb == "reconsider":
        contest_of(entry)
    return entry


def contest_of(entry, **facts):
    factories.StaffMembershipFactory(school=entry.record.option.school, manager=True)
    return Contest.objects.create(entry=entry, subject="rejection", reason="J'y étais.", **facts)


def rule(row, verb):
    teacher = ClassReferent.objects.get().membership.person
    return decisions.decide(decisions.Ruling(row.pk, verb, reason="Parce que."), actor=teacher)


def answer_contest(contest, verb):
    manager = StaffMembership.objects.managers().get(school=contest.entry.record.option.school).person
    return contests.decide_contest(contest, verb, reason="Vu.", actor=manager)


def entry_wrote(row, verb):
    row.record.refresh_from_db()
    event = RecordEvent.objects.get(record=row.record)
    verify_chain(row.record)
    assert (event.facts["verb"], event.facts["status"]) == (verb, row.status)
    assert row.submitted_at or row.status in ("draft", "deleted")
    assert row.version == 2
    assert Change.objects.get(object_id=row.pk).is_removed is (verb == "delete")
    if verb not in DECISIONS:
        return row.approved_minutes is None and not Decision.objects.exists()
    decision = Decision.objects.get(entry=row, verb=verb)
    kind = {"approve": "approved", "return": "returned", "reject": "rejected", "revoke": "revoked"}[verb]
    minutes = 90 if verb == "approve" else None
    return (decision.minutes, row.approved_minutes) == (minutes, minutes) and told(kind, decision)


DECISIONS = ("approve", "return", "reject", "revoke")
HOUR_ENTRY = Machine(
    entry_at,
    {
        "submit": lambda row: entries.submit_entry(row, actor=row.record.person),
        "withdraw": lambda row: entries.withdraw_entry(row, actor=row.record.person),
        "delete": lambda row: entries.delete_entry(row.pk, match=None, actor=row.record.person),
        "reconsider": lambda row: answer_contest(row.contest, "uphold"),
        **{verb: lambda row, verb=verb: rule(row, verb) for verb in DECISIONS},
    },
    entry_wrote,
    {
        ("deleted", "delete"): Gone,
        # A draft is its author's alone, and what was deleted is nobody's.
        **{(state, verb): NotVisible for state in ("draft", "deleted") for verb in DECISIONS},
    },
)


def attested_at(state, verb):
    """An entry handed in by hand, or from an attendance when that is what moves it."""
    if verb in ("attest_by_attendance", "reset"):
        attendance = attendance_at("expected", "confirm")
        ATTENDANCE.drive["confirm"](attendance)
        if verb == "attest_by_attendance":
            ATTENDANCE.drive["reopen"](attendance)
        row = HourEntry.objects.get(attendance=attendance)
    else:
        row = entry_at("submitted", verb)
        factories.OrganizationMembershipFactory(organization=row.mission.organization)
    minutes = 60 if state in ATTESTED else None
    HourEntry.objects.filter(pk=row.pk).update(attestation_status=state, attested_minutes=minutes)
    if verb in ("expire", "bounce"):
        long_ago = timezone.now() - timedelta(days=22)
        AttestationRequest.objects.create(
            entry=row, ask_count=1, asked_at=long_ago, expires_at=long_ago + timedelta(days=21)
        )
    return HourEntry.objects.get(pk=row.pk)


def request_attestation(row):
    with transaction.atomic():
        row.record = lock_records([row.record_id])[row.record_id]
        if events := attestation_requests.request(row):
            save_move(row.record, row, attestations.AXIS, events)


def bounce(row):
    with transaction.atomic():
        asked = attestation_requests.lock_request(row.attestation_request.pk)
        attestation_requests.end_waiting(asked, "bounce", notices.mail_bounced)


def take_back(row):
    facts = {"reason": "Une erreur.", "actor": coordinator_of(row.mission)}
    with transaction.atomic():
        take_back_attestation(attendance=row.attendance, **facts)


def attest(row, verb):
    facts = {"amend": {"minutes": 60}, "deny": {"reason": "Absent."}}.get(verb, {})
    return attestations.attest(row, verb, **facts, actor=coordinator_of(row.mission))


def attestation_wrote(row, verb):
    event = row.record.events.order_by("sequence").last()
    assert (event.facts["verb"], event.facts["attestation_status"]) == (verb, row.attestation_status)
    assert row.attested_minutes == {"attest_by_attendance": 60, "confirm": 90, "amend": 60, "acknowledge": 60}.get(verb)
    if verb in ("acknowledge", "reset"):
        return True
    words = {"confirm": "attested", "amend": "amended", "deny": "denied"}
    if verb in words:
        return told(words[verb], Attestation.objects.filter(entry=row).latest("id"))
    moves = {"request": "to_attest", "expire": "attestation_expired", "bounce": "attestation_bounced"}
    return told(moves.get(verb, "attested"), row)


ATTESTATION = Machine(
    attested_at,
    {
        "request": request_attestation,
        **{verb: lambda row, verb=verb: attest(row, verb) for verb in ("confirm", "amend", "deny")},
        "expire": lambda row: attestation_requests.expire(),
        "bounce": bounce,
        "acknowledge": lambda row: attestations.acknowledge(row, actor=row.record.person),
        "attest_by_attendance": lambda row: ATTENDANCE.drive["confirm"](row.attendance),
        "reset": take_back,
    },
    attestation_wrote,
    # Nothing is asked twice; a request that waits no more does not expire; only an attestation is taken back.
    {
        **{(str(state), "expire"): None for state in AttestationStatus},
        **{(state, "request"): None for state in ("requested", "confirmed", "amended", "denied")},
        ("none", "reset"): None,
    },
    field="attestation_status",
)


def contest_at(state, verb):
    entry = entry_at("rejected", verb)
    decided = state != "open"
    return contest_of(entry, status=state, decided_at=now_if(decided), answer="Vu." if decided else "")


CONTEST = Machine(
    contest_at,
    {verb: lambda row, verb=verb: answer_contest(row, verb) for verb in ("uphold", "dismiss")},
    lambda row, verb: (
        (row.answer, row.entry.status) == ("Vu.", "submitted" if verb == "uphold" else "rejected")
        and bool(row.decided_at and row.decided_by_id)
        and told("contest_decided", row)
    ),
    {},
)


# --- Delivery --------------------------------------------------------------------------------------------------
def delivery_at(state, verb):
    device = factories.DeviceFactory()
    message = OutboxMessage.objects.create(
        kind="attested", subject_id=device.pk, recipient=device.person, title="t", body="b", channels=["push"]
    )
    expansion.expand([message], timezone.now())
    row = Delivery.objects.create(
        message=message,
        channel="push",
        device=device,
        status=state,
        finished_at=now_if(state != "pending"),
        lease=message.pk,
        leased_until=timezone.now() + timedelta(seconds=60),
    )
    if verb == "retry":
        Delivery.objects.update(last_error="RetryLater", attempt_count=3, lease=None, leased_until=None)
    return Delivery.objects.with_unread_count().get(pk=row.pk)


ANSWERS = {"send": None, "fail": push.RetryLater(), "drop": push.DeadToken(), "die": push.MessageRefused()}


def deliver(row, verb):
    def answer(message):
        if ANSWERS[verb]:
            raise ANSWERS[verb]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(push, "send", answer)
        return relay.deliver(row)


def delivery_wrote(row, verb):
    if verb == "retry":
        return (row.attempt_count, row.last_error, row.finished_at) == (0, "", None) and row.due_at <= timezone.now()
    assert (row.attempt_count, row.lease, row.leased_until) == (1, None, None)
    assert (row.due_at > timezone.now()) is (verb == "fail")
    return bool(row.finished_at) is (verb != "fail")


DELIVERY = Machine(
    delivery_at,
    {verb: lambda row, verb=verb: deliver(row, verb) for verb in ANSWERS}
    | {"retry": lambda row: retries.retry(Delivery.objects.filter(pk=row.pk))},
    delivery_wrote,
    # A finished delivery is nobody's lease any more: nothing is sent and nothing written.
    {(state, verb): None for state in ("sent", "dropped", "dead") for verb in ANSWERS}
    | {(state, "retry"): None for state in ("sent", "dropped")},
)


# --- Certificate -------------------------------------------------------------------------------------------------
def certificate_at(state, verb):
    row = factories.CertificateFactory(
        status=state,
        ended_at=now_if(state != "issued"),
        revocation_reason="Erreur." if state == "revoked" else "",
    )
    factories.StaffMembershipFactory(school=row.record.option.school, manager=True)
    return row


def manager_of_certificate(row):
    return StaffMembership.objects.active().managers().get(school=row.record.option.school).person


def supersede_certificate(row):
    """Another certificate of the record, of one more entry, takes the place of the valid one."""
    if row.status != "issued":
        raise WrongState("supersede", row.status)
    factories.HourEntryFactory(record=row.record, approved=True)
    certificates.issue_certificate(row.record, reason="Mutation.", actor=manager_of_certificate(row))


def revoke_certificate(row):
    certificates.revoke_certificate(row, reason="Erreur.", actor=manager_of_certificate(row))


CERTIFICATE = Machine(
    certificate_at,
    {"supersede": supersede_certificate, "revoke": revoke_certificate},
    lambda row, verb: bool(row.ended_at) and told(f"certificate_{row.status}", row),
    {},
)


MACHINES = {
    "accounts.INVITATION": INVITATION,
    "accounts.MEMBERSHIP": MEMBERSHIP,
    "schools.ENROLMENT": ENROLMENT,
    "organizations.ORGANIZATION": ORGANIZATION,
    "missions.MISSION": MISSION,
    "missions.MISSION_REVISION": MISSION_REVISION,
    "missions.SHIFT": SHIFT,
    "missions.REPORT": REPORT,
    "missions.SIGN_UP": SIGN_UP,
    "missions.ATTENDANCE": ATTENDANCE,
    "consents.CONSENT": CONSENT,
    "engagement.HOUR_ENTRY": HOUR_ENTRY,
    "engagement.ATTESTATION": ATTESTATION,
    "engagement.CONTEST": CONTEST,
    "engagement.CERTIFICATE": CERTIFICATE,
    "notifications.DELIVERY": DELIVERY,
}
