import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Recording, recordedProviders, recordingsOf } from "./exam/recording.ts";
import { key, Playback } from "./exam/replay.ts";
import type { Provider } from "./provider.ts";
import { providers } from "./registry.ts";

/** What every provider has to have on record. */
const required = [
  "submit accepted",
  "submit rejected",
  "submit throttled",
  "submit unsent",
  "submit unknown: reset after sending",
  "submit unknown: time-out after sending",
  "submit unknown: 500",
  "submit unknown: 408",
  "submit unknown: half JSON",
  "submit unknown: 2xx without id",
  "submit unknown: empty",
  "submit unknown: a proxy's refusal",
  "submit blocked: key",
  "submit blocked: balance",
  "poll pending",
  "poll succeeded",
  "poll succeeded with last frame",
  "poll failed",
  "poll unknown status",
  "poll missing",
  "poll throttled",
  "poll blocked",
  "poll unreachable: HTML",
  "poll unreachable: success without URL",
];
/** What a provider may have on record besides. */
const optional = ["submit unknown: the key is in use", "poll canceled", "poll unreachable: no usable answer"];
const requiredWithCallback = ["callback good", "callback forged", "callback old", "callback unreadable"];

const playback = new Playback();
beforeAll(() => playback.start());
afterAll(() => playback[Symbol.asyncDispose]());

test("every folder with recordings is in the registry, and the other way round", () => {
  expect(recordedProviders()).toEqual(Object.keys(providers).sort());
});

describe.each(Object.entries(providers))("%s", (name, provider) => {
  const files = recordingsOf(name);
  const cases = files.flatMap((file) => file.cases);

  test.each(casesByTitle(cases))("%s", async (_title, recording) => {
    const outcome = await playback.play(provider, recording);
    expectSent(recording);
    expectOutcome(outcome, recording);
  });

  test("has every required case on record, and no other kind of case", () => {
    const kinds = provider.capabilities.callback ? [...required, ...requiredWithCallback] : required;
    const onRecord = new Set(cases.map(({ proves }) => proves).filter((kind) => !optional.includes(kind)));
    expect([...onRecord].sort()).toEqual([...kinds].sort());
  });

  test("has every status of its capability table on record", () => {
    const shown = cases.filter((recording) => shows(recording)).map(({ status }) => status);
    expect([...new Set(shown)].sort()).toEqual(Object.keys(provider.capabilities.statuses.value).sort());
  });

  test("has a callback reader if and only if its table says so", () => {
    expect(provider.callback !== undefined).toBe(provider.capabilities.callback !== null);
  });

  test("has no secret on record", () => {
    for (const { text } of files) expect(text).not.toMatch(/\bsk[-_]\w|Bearer (?!\{\{key\}\})|whsec_/);
  });

  test("is named in its table as in the registry, with a source for every fact", () => {
    expect(provider.capabilities.name).toBe(name);
    for (const fact of factsOf(provider.capabilities)) expect(fact.source).not.toBe("");
  });
});

function casesByTitle(cases: readonly Recording[]): [string, Recording][] {
  return cases.map((recording) => [`${recording.proves}: ${recording.title} (${recording.label})`, recording]);
}

/** Whether a recorded answer holds the status that the case is said to show. */
function shows({ status, answer }: Recording): boolean {
  return status !== undefined && new RegExp(`"(TASK_STATUS_)?${status}"`).test(JSON.stringify(answer?.json));
}

function expectSent({ sent, answer }: Recording): void {
  const isArriving = sent !== undefined && answer?.fault !== "refused";
  expect(playback.arrived).toHaveLength(isArriving ? 1 : 0);
  const [arrived] = playback.arrived;
  if (!sent || !arrived) return;
  expect(`${arrived.method} ${arrived.path}`).toBe(`${sent.method} ${sent.path}`);
  for (const [header, value] of Object.entries(sent.headers)) {
    expect({ [header]: arrived.headers[header] }).toEqual({ [header]: value?.replace("{{key}}", key) });
  }
  if (sent.method === "POST") expect(JSON.parse(arrived.body)).toEqual(sent.body);
  else expect(arrived.body).toBe("");
}

function expectOutcome(outcome: unknown, recording: Recording): void {
  const [{ message, evidence, ...rest }, { message: part = "", evidence: seen = "", ...expected }] = [
    { message: "", evidence: "", ...Object(outcome) } as Record<string, unknown>,
    recording.outcome,
  ];
  expect(rest).toEqual(expected);
  expect(message).toContain(part);
  expect(evidence).toContain(seen);
  expect(`${message}${evidence}`).not.toContain(key);
}

/** Every `{ value, label, source }` in a capability table, however deep. */
function factsOf(table: Provider["capabilities"]): { source: string }[] {
  const inside = (value: unknown): { source: string }[] => {
    if (typeof value !== "object" || value === null) return [];
    if ("label" in value && "source" in value) return [{ source: String(value.source) }];
    return Object.values(value).flatMap(inside);
  };
  return inside(table);
}
