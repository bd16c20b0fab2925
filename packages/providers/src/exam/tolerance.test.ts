import { generationRequest } from "@reelqueue/contracts";
import { describe, expect, test } from "vitest";
import type { PollResult, SubmitCall, SubmitResult } from "../provider.ts";
import { providers } from "../registry.ts";
import { methodsOf } from "./kinds.ts";
import { recordingsOf } from "./recording.ts";

/** Values that may be anywhere in an answer, although no document allows them. */
const unexpectedValues: unknown[] = [
  null,
  true,
  0,
  -1,
  1e300,
  "",
  " ",
  "x".repeat(2_000),
  "\u0000",
  [],
  [null],
  {},
  { toString: null },
];
const request = generationRequest.parse({ prompt: "A glass frog" });

function callAnswered(status: number, body: unknown, mark = ""): SubmitCall {
  const reply = { status, headers: {}, text: mark + JSON.stringify(body) };
  const http = {
    request: () => Promise.resolve(reply),
    stream: () => Promise.reject(new Error("no streams")),
    close: () => Promise.resolve(),
    refusalOf: () => undefined,
  };
  const dataUri = () => Promise.reject(new Error("no media"));
  return {
    http,
    baseUrl: "https://p.example",
    key: "k",
    signal: new AbortController().signal,
    idempotencyKey: "g.1",
    dataUri,
  };
}

/** All answers that differ from this one in one place: an unexpected value, or no value. */
function* variations(value: unknown): Generator<unknown> {
  yield* unexpectedValues;
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    const put = (other: unknown) =>
      Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other };
    yield put(undefined);
    for (const other of variations(part)) yield put(other);
  }
}

describe.each(Object.entries(providers))("%s: an answer with one unexpected value", (name, provider) => {
  const methods = methodsOf(provider);
  const recorded = recordingsOf(name)
    .flatMap(({ cases }) => cases)
    .filter(({ answer }) => answer?.json !== undefined);

  test("never makes a poll throw, or succeed without the URL of a video", async () => {
    for (const { answer, poll } of recorded) {
      if (!poll) continue;
      for (const body of variations(answer?.json))
        expectSound(await provider.poll(poll.taskId, callAnswered(answer?.status ?? 200, body)));
    }
  });

  test("never makes a submit throw, or accept a task without a usable id", async () => {
    const mayRejectInSuccess = recorded.some(({ proves }) => proves === "submit rejected within a success");
    for (const { answer, submit } of recorded) {
      if (!submit) continue;
      const status = answer?.status ?? 200;
      for (const body of variations(answer?.json)) {
        const outcome = await provider.submit(request, callAnswered(status, body));
        expectSafe(outcome, status);
        if (status < 300 && !mayRejectInSuccess) expect(["accepted", "unknown"]).toContain(outcome.kind);
      }
    }
  });

  test("never makes any other query throw, or return a task or a file without a usable id or URL", async () => {
    for (const { answer, lookup, list, cancel, upload, asset } of recorded)
      for (const body of variations(answer?.json)) {
        const call = callAnswered(answer?.status ?? 200, body);
        if (lookup) expectUsable(await methods.lookup?.(lookup.clientId, call));
        if (list) expectUsable(await methods.list?.({ ...list, request, idempotencyKey: "g.1" }, call));
        if (cancel) expectUsable(await methods.cancel?.(cancel.taskId, call));
        if (upload) expectUsable(await methods.upload?.({ ...upload, source: { url: "https://x.example/a" } }, call));
        if (asset) expectUsable(await methods.asset?.(asset.assetId, call));
      }
  });
});

test.each(Object.entries(providers))(
  "%s: a byte order mark before an answer changes nothing",
  async (name, provider) => {
    const { lookup, list, cancel, upload, asset } = methodsOf(provider);
    for (const recording of recordingsOf(name).flatMap(({ cases }) => cases)) {
      const { answer } = recording;
      if (answer?.json === undefined) continue;
      const outcomes = ["", "\u{feff}"].map((mark) => {
        const call = callAnswered(answer.status ?? 200, answer.json, mark);
        if (recording.submit) return provider.submit(request, call);
        if (recording.poll) return provider.poll(recording.poll.taskId, call);
        if (recording.lookup) return lookup?.(recording.lookup.clientId, call);
        if (recording.list) return list?.({ ...recording.list, request, idempotencyKey: "g.1" }, call);
        if (recording.cancel) return cancel?.(recording.cancel.taskId, call);
        if (recording.upload) return upload?.({ ...recording.upload, source: { url: "https://x.example/a" } }, call);
        if (recording.asset) return asset?.(recording.asset.assetId, call);
        return undefined;
      });
      const [plain, marked] = await Promise.all(outcomes);
      expect(marked).toEqual(plain);
    }
  },
);

/** Every id and URL in a result is usable. */
function expectUsable(outcome: object | undefined): void {
  if (outcome && "candidates" in outcome && Array.isArray(outcome.candidates)) outcome.candidates.forEach(expectUsable);
  for (const [field, value] of Object.entries(outcome ?? {})) {
    if (field === "taskId" || field === "assetId") expect(String(value).length).toBeGreaterThan(0);
    if (field === "createdAtMs") expect(value).toBeGreaterThan(0);
    if (field === "url") expect(value).toMatch(/^https?:\/\//);
  }
}

function expectSound(result: PollResult): void {
  if (result.kind !== "succeeded") return;
  expect(result.outputs.some(({ kind }) => kind === "video")).toBe(true);
  for (const { url } of result.outputs) expect(url).toMatch(/^https?:\/\//);
}

function expectSafe(outcome: SubmitResult, status: number): void {
  if (status >= 300) expect(outcome.kind).not.toBe("accepted");
  if (outcome.kind === "accepted") expect(outcome.taskId.length).toBeGreaterThan(0);
  if (status >= 500 && status !== 503) expect(outcome.kind).toBe("unknown");
}
