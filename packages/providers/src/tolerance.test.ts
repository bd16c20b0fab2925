import { generationRequest } from "@reelqueue/contracts";
import { describe, expect, test } from "vitest";
import { recordingsOf } from "./exam/recording.ts";
import type { Progress, SubmitCall, Submitted } from "./provider.ts";
import { providers } from "./registry.ts";

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
  const answers = recordingsOf(name).flatMap(({ cases }) =>
    cases.flatMap(({ answer, poll }) => (answer?.json === undefined ? [] : [{ ...answer, taskId: poll?.taskId }])),
  );

  test("makes a look throw, or a success without the URL of a video", async () => {
    for (const { status, json, taskId } of answers) {
      if (taskId === undefined) continue;
      for (const body of variations(json)) expectSound(await provider.poll(taskId, callAnswered(status, body)));
    }
  });

  test("makes a submit throw, or a task without a usable id", async () => {
    for (const { status, json, taskId } of answers) {
      if (taskId !== undefined) continue;
      for (const body of variations(json))
        expectSure(await provider.submit(request, callAnswered(status, body)), status);
    }
  });
});

function expectSound(progress: Progress): void {
  if (progress.kind !== "succeeded") return;
  expect(progress.outputs.some(({ kind }) => kind === "video")).toBe(true);
  for (const { url } of progress.outputs) expect(url).toMatch(/^https?:\/\//);
}

function expectSure(outcome: Submitted, status: number): void {
  const isSuccess = status < 300;
  expect(["accepted", "unknown"].includes(outcome.kind)).toBe(isSuccess || outcome.kind === "unknown");
  if (outcome.kind === "accepted") expect(outcome.taskId.length).toBeGreaterThan(0);
  if (status >= 500 && status !== 503) expect(outcome.kind).toBe("unknown");
}
