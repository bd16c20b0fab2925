import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { providers } from "../registry.ts";
import { methodsOf, optionalKinds, requiredKinds } from "./kinds.ts";
import { type Recording, recordedProviders, recordingsOf } from "./recording.ts";
import { key, Playback, type ReceivedRequest } from "./replay.ts";

type Sent = NonNullable<Recording["sent"]>;

const playback = new Playback();
beforeAll(() => playback.start());
afterAll(() => playback[Symbol.asyncDispose]());

test("the folders with recordings are the providers of the registry", () => {
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

  test("has a recording of every required kind, and of no other kind", () => {
    const onRecord = new Set(cases.map(({ proves }) => proves).filter((kind) => !optionalKinds.includes(kind)));
    expect([...onRecord].sort()).toEqual(requiredKinds(provider).sort());
  });

  test("has a recording of every status in its capability table", () => {
    const recorded = cases.filter((recording) => holdsStatus(recording)).map(({ status }) => status);
    expect([...new Set(recorded)].sort()).toEqual(Object.keys(provider.capabilities.statuses.value).sort());
  });

  test("has exactly the optional methods that its capability table names", () => {
    const { callback, cancel, uploads } = provider.capabilities;
    const table = { callback: callback !== null, cancel, upload: uploads !== undefined, asset: uploads !== undefined };
    const methods = { ...methodsOf(provider), callback: provider.callbacks?.read };
    for (const [name, isInTable] of Object.entries(table))
      expect({ [name]: methods[name as keyof typeof table] !== undefined }).toEqual({ [name]: isInTable });
  });

  test("has each reconciliation method once, and the callback method if and only if it has callbacks", () => {
    const methods = provider.reconcile.map(({ by }) => by);
    expect(new Set(methods).size).toBe(methods.length);
    expect(methods.includes("callback")).toBe(provider.callbacks !== undefined);
  });

  test("has no secret in its recordings", () => {
    for (const { text } of files) expect(text).not.toMatch(/\bsk[-_]\w|Bearer (?!\{\{key\}\})|whsec_/);
  });

  test("has its registry name in its table, and a source for every fact", () => {
    expect(provider.capabilities.name).toBe(name);
    for (const fact of factsOf([provider.capabilities, provider.reconcile])) expect(fact.source).not.toBe("");
  });
});

function casesByTitle(cases: readonly Recording[]): [string, Recording][] {
  return cases.map((recording) => [`${recording.proves}: ${recording.title} (${recording.label})`, recording]);
}

/** Whether the recorded answer holds the status that the case names. */
function holdsStatus({ status, answer }: Recording): boolean {
  return status !== undefined && new RegExp(`"(TASK_STATUS_)?${status}"`).test(JSON.stringify(answer?.json));
}

function expectSent({ sent, answer, next }: Recording): void {
  const isReceived = sent !== undefined && answer?.fault !== "refused";
  const all = isReceived ? [sent, ...next.map((later) => later.sent)] : [];
  expect(playback.received.map(({ method, path }) => `${method} ${path}`)).toEqual(
    all.map(({ method, path }) => `${method} ${path}`),
  );
  for (const [index, expected] of all.entries()) expectReceived(playback.received[index], expected);
}

function expectReceived(received: ReceivedRequest | undefined, { headers, body, holds = [] }: Sent): void {
  for (const [header, value] of Object.entries(headers)) expectHeader(header, received?.headers[header], value);
  for (const part of holds) expect(received?.body).toContain(part);
  if (holds.length > 0) return;
  expect(received?.body === "" ? undefined : JSON.parse(received?.body ?? "")).toEqual(body);
}

function expectHeader(header: string, given: unknown, expected: string | null): void {
  if (expected?.endsWith("*")) expect({ [header]: given }).toEqual({ [header]: expect.stringMatching(`^${expected}`) });
  else expect({ [header]: given }).toEqual({ [header]: expected?.replace("{{key}}", key) });
}

function expectOutcome(outcome: unknown, recording: Recording): void {
  const [{ message, evidence, ...rest }, { message: part = "", evidence: evidencePart = "", ...expected }] = [
    { message: "", evidence: "", ...Object(outcome) } as Record<string, unknown>,
    recording.outcome,
  ];
  expect(rest).toEqual(expected);
  expect(message).toContain(part);
  expect(evidence).toContain(evidencePart);
  expect(`${message}${evidence}`).not.toContain(key);
}

/** All `{ value, label, source }` in a table, at any depth. */
function factsOf(table: unknown): { source: string }[] {
  const search = (value: unknown): { source: string }[] => {
    if (typeof value !== "object" || value === null) return [];
    if ("label" in value && "source" in value) return [{ source: String(value.source) }];
    return Object.values(value).flatMap(search);
  };
  return search(table);
}
