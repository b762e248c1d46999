"""What the contract opens with, what each group of operations is about, and types that no view has."""

OPENING = """
The open backend of the lycée option engagement: missions, places, hours and their proof.

**Sign in.** Call `POST /api/v1/auth/token/` with an e-mail address and a password, and copy `access` from the answer.
Press **Authorize** at the top of this page and paste it: requests then carry `Authorization: Bearer …`. It lives 10
minutes; `POST /api/v1/auth/token/refresh/` exchanges `refresh` for the next pair. A lock marks what needs a sign-in.

**Idempotency-Key.** Every `POST` that creates or notifies needs one: a new UUID for each thing that the person does.
When the answer is lost, send the same request with the same key: nothing is done twice, and the first answer comes
again.

**If-Match.** An edit says which version it edits: send the `ETag` that was read. 428 without it; 412 when somebody
was faster: read again, then send the change.

**Errors.** Every refusal is `application/problem+json`. Decide by `code`, show `detail`, put `errors[].detail` beside
the field that `errors[].pointer` names, log `request_id`. Sentences are French, English with `Accept-Language: en`.
Codes may be added: show `detail` of one that the app does not know. 429 and 503 say in `Retry-After` how long to
wait.

**Lists** are `{next, previous, results}`: follow `next` as it is until it is null. Times are UTC (`Z`), days
YYYY-MM-DD, durations whole minutes. Answers may gain fields; unknown fields and parameters that are sent are refused.
An enum with `x-open-enum` may gain values at any time, another one with a new version of the contract alone.
""".strip()

# Whoever serves the contract serves the operations: the same file is right for every deployment.
SERVERS = [{"url": "/", "description": "The deployment that this was read from."}]
# As publiccode.yml: reserved until the first publication.
CONTACT = {"name": "Élan", "url": "https://elan.example/"}
LICENSE = {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"}

TAGS = {
    "auth": "Signing in and out, accounts and passwords.",
    "app-config": "What an app asks before everything else.",
    "me": "The signed-in person: profile, progress, guardians, favourites, qualifications, calendar.",
    "sync": "What changed of one's own data, for a phone that works offline.",
    "missions": "What there is to do, and where.",
    "shifts": "When a mission takes place, how many places there are, and signing up for one.",
    "sign-ups": "Places asked for and held.",
    "check-ins": "Coming and leaving, by the codes of the organisers.",
    "attendances": "What really happened on a shift, in the organisers' words.",
    "hour-entries": "Hours: logged, shown, attested and decided on.",
    "evidence": "The files that show hours.",
    "records": "A person's ledgers: under a school's option, and the passport.",
    "certificates": "Signed snapshots of hours that count.",
    "contests": "What students ask their school to look at again.",
    "devices": "Phones that get pushes.",
    "notifications": "The inbox.",
    "notification-preferences": "What one wants to hear, by which ways, and when.",
    "unsubscribe": "The link in a mail by which its person stops mails of its kind.",
    "schools": "The directory of lycées.",
    "school-years": "From 1 September to 31 August.",
    "classes": "Classes, their rosters, their join codes and those who answer for them.",
    "enrolments": "Students in classes.",
    "students": "Students, as their school corrects them.",
    "staff-memberships": "Those who work at a school.",
    "engagement-options": "A school's rules for one year.",
    "guardians": "Guardians of students, as the school knows them.",
    "consents": "What guardians agreed to, and the links by which they say it.",
    "organizations": "Organisations and their members.",
    "organization-memberships": "Those who run an organisation.",
    "mission-revisions": "Changes of published missions that the region reads first.",
    "partner-missions": "Missions of other platforms.",
    "exchange": "Our missions for other platforms.",
    "qualifications": "What people were trained for.",
    "emergency-number-views": "Readings of emergency numbers.",
    "messages": "What organisers write to people on their missions.",
    "reports": "Dangers that people report.",
    "suspensions": "People whom the region has shut out.",
    "exports": "Tables that were taken out.",
    "statistics": "The region's numbers.",
    "attestations": "The link by which a tutor confirms hours.",
    "invitations": "The link by which staff and members join.",
    "calendar": "One's places, for a calendar program.",
    "verify": "The check of a certificate.",
}

COMPONENTS = {
    "schemas": {
        "ValueLabels": {
            "type": "object",
            "description": "What people call each value of one enum. A value that is not here is newer than the app.",
            "additionalProperties": {"type": "string"},
        }
    }
}
