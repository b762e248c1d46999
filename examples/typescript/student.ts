// A student's journey with the generated types and phone.ts alone, from "I join my class" to "here is my certificate".
// The others (school, coordinator, guardian, teacher) act in examples/others.py, which starts this.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import createClient from "openapi-fetch";
import { type Client, missionsNear, reflect, Refused, signIn, signUp } from "./phone.js";
import type { components, paths } from "./schema.js";

type HourEntry = components["schemas"]["HourEntry"];
type Problem = components["schemas"]["Problem"];
type Answer<T> = { data?: T; error?: Problem; response: Response };

const PASSWORD = "une phrase que personne ne devine";
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function ok<T>({ data, error }: Answer<T>): T {
  if (error) throw new Refused(error);
  return data as T;
}

function key() {
  return { "Idempotency-Key": randomUUID() };
}

async function waitForOthers(act: string) {
  console.log(`others: ${act}`);
  await lines.next();
}

/** Joins the class and signs in. */
async function join(held: Record<string, string>): Promise<Client> {
  const email = `ines.${randomUUID()}@elan.example`;
  const refused = await signIn(held.api!, email, PASSWORD).catch((error: Refused) => error.problem);
  assert.equal("code" in refused && refused.code, "sign_in_refused");
  const anybody = createClient<paths>({ baseUrl: held.api! });
  const body = { join_code: held.join_code!, email, password: PASSWORD, birth_date: held.born_on! };
  ok(await anybody.POST("/api/v1/classes/join/", { body: { ...body, first_name: "Ines", last_name: "BA" } }));
  return signIn(held.api!, email, PASSWORD);
}

/** Finds the mission near the lycée and signs up, twice, for the first answer was lost; returns the shift. */
async function place(client: Client, held: Record<string, string>): Promise<string> {
  const mission = (await missionsNear(client, held.near!)).find((row) => row.id === held.mission);
  const shift = mission!.next_shifts.sort((one, other) => one.starts_at.localeCompare(other.starts_at))[0]!.id;
  const path = { params: { path: { id: shift } } };
  assert.equal(ok(await client.GET("/api/v1/shifts/{id}/eligibility/", path)).reason, "ok");
  const sameKey = randomUUID();
  const first = await signUp(client, shift, sameKey);
  assert.deepEqual(await signUp(client, shift, sameKey), first);
  await waitForOthers(`accept ${first.id}`);
  return shift;
}

/** Sends what the phone noted without a network. */
async function checkIn(client: Client, held: Record<string, string>, shift: string) {
  const check_ins = [
    { shift, direction: "in" as const, code: held.code_then!, occurred_at: held.came_at! },
    { shift, direction: "out" as const, code: held.code_now!, occurred_at: held.left_at! },
  ];
  const body = { sent_at: new Date().toISOString(), check_ins };
  const { results } = ok(await client.POST("/api/v1/check-ins/batch/", { params: { header: key() }, body }));
  assert.deepEqual(results.map((outcome) => outcome.code), [null, null]);
  await waitForOthers("confirm");
}

/** Hours of another association, made on the phone and put twice, with a photo. */
async function noteByHand(client: Client, held: Record<string, string>) {
  const path = { id: randomUUID() };
  const began = Date.parse(held.came_at!) - 7 * 24 * 3600_000;
  const body = {
    started_at: new Date(began).toISOString(),
    ended_at: new Date(began + 2 * 3600_000).toISOString(),
    title: "Tri de dons",
    domain: "humanitaire" as const,
    organization_name: "Les Restos d’Ivry",
    tutor_name: "Jeanne Roche",
    tutor_email: "jeanne.roche@elan.example",
  };
  const put = (id: string, tutor_email: string) =>
    client.PUT("/api/v1/hour-entries/{id}/", { params: { path: { id } }, body: { ...body, tutor_email } });
  for (const status of [201, 200]) assert.equal((await put(path.id, body.tutor_email)).response.status, status);
  const wrong = await put(randomUUID(), "Jeanne");
  assert.ok(new Refused(wrong.error!).about("tutor_email"));

  const photo = new Blob([await readFile(held.photo!)], { type: "image/jpeg" });
  const kept = await client.POST("/api/v1/hour-entries/{id}/evidence/", {
    params: { path, header: key() },
    body: { file: "" }, // the type of a file is a text; what is sent is the form
    bodySerializer: () => {
      const form = new FormData();
      form.set("file", photo, "photo.jpg");
      return form;
    },
  });
  const evidence = { params: { path: { id: ok(kept).id } }, parseAs: "arrayBuffer" as const };
  const bytes = ok(await client.GET("/api/v1/evidence/{id}/", evidence));
  assert.deepEqual([...new Uint8Array(bytes).slice(0, 2)], [0xff, 0xd8]);
}

/** Adds what she learned to the hours that came by themselves, and hands them in. */
async function handIn(client: Client, draft: HourEntry): Promise<HourEntry> {
  const edited = await reflect(client, draft.id, "J’ai appris à accueillir.");
  const path = { id: draft.id };
  const stale = await client.PATCH("/api/v1/hour-entries/{id}/", {
    params: { path, header: { "If-Match": '"0"' } },
    body: { title: "Autre" },
  });
  assert.equal(stale.error?.status, 412);
  const handedIn = await client.POST("/api/v1/hour-entries/{id}/submit/", { params: { path, header: key() } });
  assert.equal(ok(handedIn).status, "submitted");
  await waitForOthers(`certify ${draft.id}`);
  return edited;
}

/** Values and members that the app does not know break nothing: it has a word for them. */
async function meetANewerServer(entry: HourEntry) {
  const newer = { ...entry, domain: "astronomie", stars: 5 };
  const client = createClient<paths>({ baseUrl: "http://newer.example", fetch: async () => Response.json(newer) });
  const read = ok(await client.GET("/api/v1/hour-entries/{id}/", { params: { path: { id: entry.id } } }));
  const words: Partial<Record<HourEntry["domain"], string>> = { humanitaire: "Humanitaire" };
  assert.equal(words[read.domain] ?? "Autre domaine", "Autre domaine");
}

async function changes(client: Client, cursor?: string) {
  return ok(await client.GET("/api/v1/sync/", { params: { query: cursor ? { cursor } : {} } }));
}

const held = JSON.parse((await lines.next()).value as string) as Record<string, string>;
const client = await join(held);
const phone = { platform: "android" as const, token: held.phone! };
ok(await client.POST("/api/v1/devices/", { params: { header: key() }, body: phone }));
const start = await changes(client);
assert.ok(start.changes.some((change) => change.kind === "settings"));
await waitForOthers("consent");
await checkIn(client, held, await place(client, held));
await noteByHand(client, held);

const news = await changes(client, start.cursor);
const draft = news.changes.flatMap((change) => change.hour_entry ?? []).find((entry) => entry.attendance);
assert.equal(draft!.claimed_minutes, 65);
const entry = await handIn(client, draft!);

const last = await changes(client, news.cursor);
const certificate = last.changes.flatMap((change) => change.certificate ?? [])[0]!;
const pdf = { params: { path: { id: certificate.id } }, parseAs: "arrayBuffer" as const };
const paper = ok(await client.GET("/api/v1/certificates/{id}/pdf/", pdf));
assert.equal(new TextDecoder().decode(paper.slice(0, 5)), "%PDF-");
const progress = ok(await client.GET("/api/v1/me/progress/", {})).records[0]!;
assert.deepEqual([certificate.minutes, progress.counted_minutes], [65, 65]);
await meetANewerServer(entry);
console.log(`Inès, en TypeScript : ${certificate.minutes} minutes certifiées, ${paper.byteLength} octets de PDF.`);
process.exit();
