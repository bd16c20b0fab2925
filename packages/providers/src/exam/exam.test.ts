import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { providers } from "../registry.ts";
import { methodsOf, optionalKinds, requiredKinds } from "./kinds.ts";
import { type Recording, recordedProviders, recordingsOf } from "./recording.ts";
import { type Arrived, key, Playback } from "./replay.ts";

type Sent = NonNullable<Recording["sent"]>;

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
    const onRecord = new Set(cases.map(({ proves }) => proves).filter((kind) => !optionalKinds.includes(kind)));
    expect([...onRecord].sort()).toEqual(requiredKinds(provider).sort());
  });

  test("has every status of its capability table on record", () => {
    const shown = cases.filter((recording) => shows(recording)).map(({ status }) => status);
    expect([...new Set(shown)].sort()).toEqual(Object.keys(provider.capabilities.statuses.value).sort());
  });

  test("can do what its table says, and nothing else", () => {
    const { callback, cancel, uploads } = provider.capabilities;
    const said = { callback: callback !== null, cancel, upload: uploads !== undefined, asset: uploads !== undefined };
    const methods = { ...methodsOf(provider), callback: provider.callbacks?.read };
    for (const [name, isSaid] of Object.entries(said))
      expect({ [name]: methods[name as keyof typeof said] !== undefined }).toEqual({ [name]: isSaid });
  });

  test("reconciles by each method once, and by a callback exactly where it has callbacks", () => {
    const methods = provider.reconcile.map(({ by }) => by);
    expect(new Set(methods).size).toBe(methods.length);
    expect(methods.includes("callback")).toBe(provider.callbacks !== undefined);
  });

  test("has no secret on record", () => {
    for (const { text } of files) expect(text).not.toMatch(/\bsk[-_]\w|Bearer (?!\{\{key\}\})|whsec_/);
  });

  test("is named in its table as in the registry, with a source for every fact", () => {
    expect(provider.capabilities.name).toBe(name);
    for (const fact of factsOf([provider.capabilities, provider.reconcile])) expect(fact.source).not.toBe("");
  });
});

function casesByTitle(cases: readonly Recording[]): [string, Recording][] {
  return cases.map((recording) => [`${recording.proves}: ${recording.title} (${recording.label})`, recording]);
}

/** Whether a recorded answer holds the status that the case is said to show. */
function shows({ status, answer }: Recording): boolean {
  return status !== undefined && new RegExp(`"(TASK_STATUS_)?${status}"`).test(JSON.stringify(answer?.json));
}

function expectSent({ sent, answer, next }: Recording): void {
  const isArriving = sent !== undefined && answer?.fault !== "refused";
  const all = isArriving ? [sent, ...next.map((later) => later.sent)] : [];
  expect(playback.arrived.map(({ method, path }) => `${method} ${path}`)).toEqual(
    all.map(({ method, path }) => `${method} ${path}`),
  );
  for (const [at, expected] of all.entries()) expectArrived(playback.arrived[at], expected);
}

function expectArrived(arrived: Arrived | undefined, { headers, body, holds = [] }: Sent): void {
  for (const [header, value] of Object.entries(headers)) expectHeader(header, arrived?.headers[header], value);
  for (const part of holds) expect(arrived?.body).toContain(part);
  if (holds.length > 0) return;
  expect(arrived?.body === "" ? undefined : JSON.parse(arrived?.body ?? "")).toEqual(body);
}

function expectHeader(header: string, given: unknown, expected: string | null): void {
  if (expected?.endsWith("*")) expect({ [header]: given }).toEqual({ [header]: expect.stringMatching(`^${expected}`) });
  else expect({ [header]: given }).toEqual({ [header]: expected?.replace("{{key}}", key) });
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

/** Every `{ value, label, source }` in a table, at any depth. */
function factsOf(table: unknown): { source: string }[] {
  const inside = (value: unknown): { source: string }[] => {
    if (typeof value !== "object" || value === null) return [];
    if ("label" in value && "source" in value) return [{ source: String(value.source) }];
    return Object.values(value).flatMap(inside);
  };
  return inside(table);
}
