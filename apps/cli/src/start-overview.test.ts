import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { overview } from "./start-overview.ts";
import type { Plan } from "./start-plan.ts";

const ports = { api: 1, dashboard: 2, submitter: 3, poller: 4, finalizer: 5, simulator: 6 };
const redis = { url: "redis://app:redis-secret@redis.example:6379", how: "REDIS_URL" };

function shown(login: Plan["login"], apps: Plan["systemOptions"]["apps"]): string {
  const systemOptions = { ports, apps, home: "/home" } as unknown as Plan["systemOptions"];
  return stripVTControlCharacters(overview({ systemOptions, login, accounts: "some" }, redis, 1_000));
}

test("overview: no secret that the user has set is printed", () => {
  const text = shown({ user: "me", password: "own-secret", isOwn: true }, ["api"]);
  expect(text).toContain("(me / the password of DASHBOARD_PASSWORD)");
  expect(text).toContain("redis://***@redis.example:6379");
  expect(text).not.toMatch(/own-secret|redis-secret/);
});

test("overview: a generated password is printed; the examples are enqueued on the simulator", () => {
  const text = shown({ user: "admin", password: "generated", isOwn: false }, ["simulator", "api"]);
  expect(text).toContain("(admin / generated)");
  expect(text).toMatch(/: \.\/reelqueue enqueue examples\/prompts\.jsonl$/);
});

test("overview: with real keys the next commands spend nothing", () => {
  const text = shown({ user: "admin", password: "generated", isOwn: false }, ["api"]);
  expect(text).toMatch(/: \.\/reelqueue quote FILE, then \.\/reelqueue enqueue FILE --dry-run$/);
});
