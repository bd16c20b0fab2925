import { generationRequest } from "@reelqueue/contracts";
import { describe, expect, test } from "vitest";
import type { PollResult, SubmitCall, SubmitResult } from "../provider.ts";
import { providers } from "../registry.ts";
import { methodsOf } from "./kinds.ts";
import { recordingsOf } from "./recording.ts";

/** What may stand anywhere in an answer although no document says so. */
const oddities: unknown[] = [
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

function callAnswered(status: number, body: unknown): SubmitCall {
  const reply = { status, headers: {}, text: JSON.stringify(body) };
  const http = {
    request: () => Promise.resolve(reply),
    stream: () => Promise.reject(new Error("no streams")),
    close: () => Promise.resolve(),
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

/** Every answer that differs from this one in a single place: an oddity there, or nothing at all. */
function* variations(value: unknown): Generator<unknown> {
  yield* oddities;
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    const put = (other: unknown) =>
      Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other };
    yield put(undefined);
    for (const other of variations(part)) yield put(other);
  }
}

describe.each(Object.entries(providers))("%s: no answer with one odd part", (name, provider) => {
  const methods = methodsOf(provider);
  const recorded = recordingsOf(name)
    .flatMap(({ cases }) => cases)
    .filter(({ answer }) => answer?.json !== undefined);

  test("makes a look throw, or a success without the URL of a video", async () => {
    for (const { answer, poll } of recorded) {
      if (!poll) continue;
      for (const body of variations(answer?.json))
        expectSound(await provider.poll(poll.taskId, callAnswered(answer?.status ?? 200, body)));
    }
  });

  test("makes a submit throw, or a task without a usable id", async () => {
    const maySayNo = recorded.some(({ proves }) => proves === "submit rejected within a success");
    for (const { answer, submit } of recorded) {
      if (!submit) continue;
      const status = answer?.status ?? 200;
      for (const body of variations(answer?.json)) {
        const outcome = await provider.submit(request, callAnswered(status, body));
        expectSure(outcome, status);
        if (status < 300 && !maySayNo) expect(["accepted", "unknown"]).toContain(outcome.kind);
      }
    }
  });

  test("makes any other question throw, or find a task or a file without a usable name", async () => {
    for (const { answer, lookup, list, cancel, upload, asset } of recorded)
      for (const body of variations(answer?.json)) {
        const call = callAnswered(answer?.status ?? 200, body);
        if (lookup) expectNamed(await methods.lookup?.(lookup.clientId, call));
        if (list) expectNamed(await methods.list?.({ ...list, request, idempotencyKey: "g.1" }, call));
        if (cancel) expectNamed(await methods.cancel?.(cancel.taskId, call));
        if (upload) expectNamed(await methods.upload?.({ ...upload, source: { url: "https://x.example/a" } }, call));
        if (asset) expectNamed(await methods.asset?.(asset.assetId, call));
      }
  });
});

/** Every id and URL in an outcome can be used. */
function expectNamed(outcome: object | undefined): void {
  if (outcome && "candidates" in outcome && Array.isArray(outcome.candidates)) outcome.candidates.forEach(expectNamed);
  for (const [field, value] of Object.entries(outcome ?? {})) {
    if (field === "taskId" || field === "assetId") expect(String(value).length).toBeGreaterThan(0);
    if (field === "createdAtMs") expect(value).toBeGreaterThan(0);
    if (field === "url") expect(value).toMatch(/^https?:\/\//);
  }
}

function expectSound(progress: PollResult): void {
  if (progress.kind !== "succeeded") return;
  expect(progress.outputs.some(({ kind }) => kind === "video")).toBe(true);
  for (const { url } of progress.outputs) expect(url).toMatch(/^https?:\/\//);
}

function expectSure(outcome: SubmitResult, status: number): void {
  if (status >= 300) expect(outcome.kind).not.toBe("accepted");
  if (outcome.kind === "accepted") expect(outcome.taskId.length).toBeGreaterThan(0);
  if (status >= 500 && status !== 503) expect(outcome.kind).toBe("unknown");
}
