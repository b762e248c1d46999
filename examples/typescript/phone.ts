// What a phone does with the generated types: signs in, looks for missions, edits hours, shows what is wrong.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Problem = components["schemas"]["Problem"];
type HourEntry = components["schemas"]["HourEntry"];
type Mission = components["schemas"]["Mission"];

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  /** The sentence to show beside a field of the form. */
  about(field: string): string | undefined {
    return this.problem.errors.find((error) => error.pointer === `/${field}`)?.detail;
  }
}

export async function signIn(api: string, email: string, password: string) {
  const client = createClient<paths>({ baseUrl: api });
  const { data, error } = await client.POST("/api/v1/auth/token/", { body: { email, password } });
  if (error) throw new Refused(error);
  client.use({
    onRequest: ({ request }) => request.headers.set("Authorization", `Bearer ${data.access}`),
  });
  return client;
}

export type Client = Awaited<ReturnType<typeof signIn>>;

export async function missionsNear(client: Client, near: string): Promise<Mission[]> {
  const { data, error } = await client.GET("/api/v1/missions/", {
    params: { query: { near, radius_km: 5, page_size: 20 } },
  });
  if (error) throw new Refused(error);
  return data.results;
}

/** Repeats under one key until an answer comes: however often it is sent, there is one place. */
export async function signUp(client: Client, shift: string, key: string) {
  const { data, error } = await client.POST("/api/v1/shifts/{id}/sign-up/", {
    params: { path: { id: shift }, header: { "Idempotency-Key": key } },
  });
  if (error) throw new Refused(error);
  return data;
}

/** Edits the version that was read; somebody else's edit in between is a 412, and the entry is read again. */
export async function reflect(client: Client, id: string, reflection: string): Promise<HourEntry> {
  const read = await client.GET("/api/v1/hour-entries/{id}/", { params: { path: { id } } });
  if (read.error) throw new Refused(read.error);
  const { data, error, response } = await client.PATCH("/api/v1/hour-entries/{id}/", {
    params: { path: { id }, header: { "If-Match": read.response.headers.get("ETag") ?? "" } },
    body: { reflection },
  });
  if (response.status === 412) return reflect(client, id, reflection);
  if (error) throw new Refused(error);
  return data;
}
