// A student's journey with the generated client alone, from "I join my class" to "here is my certificate".
// The others (school, coordinator, guardian, teacher) act in examples/others.py, which starts this.

import java.io.File
import java.time.LocalDate
import java.time.OffsetDateTime
import java.util.UUID
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.elan.client.apis.AuthApi
import org.elan.client.apis.CertificatesApi
import org.elan.client.apis.CheckInsApi
import org.elan.client.apis.ClassesApi
import org.elan.client.apis.DevicesApi
import org.elan.client.apis.EvidenceApi
import org.elan.client.apis.HourEntriesApi
import org.elan.client.apis.MeApi
import org.elan.client.apis.MissionsApi
import org.elan.client.apis.ShiftsApi
import org.elan.client.apis.SyncApi
import org.elan.client.infrastructure.ApiClient
import org.elan.client.infrastructure.ProblemException
import org.elan.client.models.*

const val PASSWORD = "une phrase que personne ne devine"

fun key() = UUID.randomUUID().toString()

/** The problem that a call ends with; its code is what a program decides by. */
fun problemOf(call: () -> Any): ProblemException {
    try {
        call()
    } catch (refused: ProblemException) {
        return refused
    }
    error("it was not refused")
}

fun waitForOthers(act: String) {
    println("others: $act")
    readln()
}

fun main() {
    val held = Json.parseToJsonElement(readln()).jsonObject.mapValues { it.value.jsonPrimitive.content }
    fun held(name: String) = held.getValue(name)
    var token: String? = null
    val client = ApiClient(held("api")) { token }
    val entries = HourEntriesApi(client)

    // She joins her class.
    val email = "ines.${UUID.randomUUID()}@elan.example"
    val refused = problemOf { AuthApi(client).authToken(SignInInput(email, PASSWORD)) }
    check(refused.problem.code == "sign_in_refused" && refused.problem.status == 401)
    val joining = JoinInput(held("join_code"), email, PASSWORD, LocalDate.parse(held("born_on")), "Ines", "BA")
    ClassesApi(client).classesJoin(joining)
    token = AuthApi(client).authToken(SignInInput(email, PASSWORD)).access
    DevicesApi(client).devicesCreate(key(), DeviceInput(DevicePlatform.android, held("phone")))
    val start = SyncApi(client).syncFollow()
    check(start.changes.any { it.kind == SyncKind.settings && it.settings?.email == email })
    waitForOthers("consent")

    // She finds a mission near the lycée and signs up; the answer lost, again with the same key.
    val found = MissionsApi(client).missionsList(
        near = held("near"), radiusKm = 5.toBigDecimal(), domain = listOf(Domain.SOLIDARITE_INSERTION), pageSize = 100,
    )
    val mission = found.results.first { it.id.toString() == held("mission") }
    val shift = mission.nextShifts.minBy { it.startsAt }
    check(ShiftsApi(client).shiftsEligibility(shift.id).reason == EligibilityReason.ok)
    val sameKey = key()
    val signUps = List(2) { ShiftsApi(client).shiftsSignUpWithHttpInfo(sameKey, shift.id) }
    check(signUps[0].body == signUps[1].body)
    check(signUps[1].headers.firstValue("Idempotency-Replayed").get() == "true")
    waitForOthers("accept ${signUps[0].body.id}")

    // She checked in and out without a network; her phone sends both now.
    val tellings = listOf(
        TellingInput(shift.id, CheckInDirection.`in`, held("code_then"), OffsetDateTime.parse(held("came_at"))),
        TellingInput(shift.id, CheckInDirection.`out`, held("code_now"), OffsetDateTime.parse(held("left_at"))),
    )
    val outcomes = CheckInsApi(client).checkInsBatch(key(), CheckInBatchInput(OffsetDateTime.now(), tellings)).results
    check(outcomes.all { it.code == null }) { outcomes }
    waitForOthers("confirm")

    // Hours of another association, made on the phone and put twice, with a photo.
    val id = UUID.randomUUID()
    val lastWeek = OffsetDateTime.parse(held("came_at")).minusDays(7)
    val byHand = HourEntryInput(
        startedAt = lastWeek, endedAt = lastWeek.plusHours(2), title = "Tri de dons", domain = Domain.HUMANITAIRE,
        organizationName = "Les Restos d’Ivry", tutorName = "Jeanne Roche", tutorEmail = "jeanne.roche@elan.example",
    )
    val puts = List(2) { entries.hourEntriesUpdateWithHttpInfo(id, byHand) }
    check(puts.map { it.status } == listOf(201, 200)) { puts.map { it.status } }
    val evidence = entries.hourEntriesAddEvidence(key(), id, File(held("photo")))
    val photo = EvidenceApi(client).evidenceRetrieve(evidence.id).readBytes()
    check(photo.copyOf(2).contentEquals(byteArrayOf(0xFF.toByte(), 0xD8.toByte())))

    // The hours of the mission came by themselves: sync brings them, she adds what she learned and hands them in.
    val news = SyncApi(client).syncFollow(start.cursor)
    val draft = news.changes.mapNotNull { it.hourEntry }.first { it.attendance != null }
    check(draft.claimedMinutes == 65)
    val tag = entries.hourEntriesRetrieveWithHttpInfo(draft.id).headers.firstValue("ETag").get()
    val learned = PatchedHourEntryEditInput(reflection = "J’ai appris à accueillir.")
    val edited = entries.hourEntriesPartialUpdate(tag, draft.id, learned)
    check(edited.reflection == learned.reflection && edited.startedAt == draft.startedAt)
    val stale = problemOf { entries.hourEntriesPartialUpdate(tag, draft.id, learned.copy(title = "Autre")) }
    check(stale.problem.status == 412) { stale }
    val wrong = problemOf { entries.hourEntriesUpdate(UUID.randomUUID(), byHand.copy(tutorEmail = "Jeanne")) }
    check(wrong.problem.errors.map { it.pointer } == listOf("/tutor_email")) { wrong.problem }
    check(entries.hourEntriesSubmit(key(), draft.id).status == HourEntryStatus.submitted)
    waitForOthers("certify ${draft.id}")

    // The certificate, down to the phone.
    val certificate = SyncApi(client).syncFollow(news.cursor).changes.firstNotNullOf { it.certificate }
    val paper = CertificatesApi(client).certificatesPdf(certificate.id).readBytes()
    check(paper.copyOf(5).decodeToString() == "%PDF-")
    check(certificate.minutes == MeApi(client).meProgressRetrieve().records.first().countedMinutes)

    // A server that is newer than the app: values and members that it does not know.
    val json = client.json
    val newer = json.parseToJsonElement(json.encodeToString(edited)).jsonObject +
        mapOf("domain" to JsonPrimitive("astronomie"), "status" to JsonPrimitive("dreamt"), "stars" to JsonPrimitive(5))
    val read = json.decodeFromString<HourEntry>(json.encodeToString(newer))
    check(read.domain == Domain.unknown_default_open_api && read.status == HourEntryStatus.unknown_default_open_api)
    println("Inès, en Kotlin : ${certificate.minutes} minutes certifiées, ${paper.size} octets de PDF.")
}
