import type { GenerationInput } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { givenIn } from "@reelqueue/ledger/testing";
import type { DownloadOutcome, OutputStore } from "@reelqueue/media";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accept, finalize, find, type Installation } from "../index.ts";
import { testInstallation } from "../test-installation.ts";

let scope: AsyncDisposableStack;
let ctx: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  ctx = await testInstallation(scope);
});
afterEach(async () => {
  expect(await ledger.audit(ctx.cell)).toEqual([]);
  await scope.disposeAsync();
});

async function queued(input: GenerationInput = {}): Promise<string> {
  const row = { prompt: "a lamp", account: "hiapi", webhook: "https://example.com/hook", ...input };
  const [accepted] = await accept([row], { tenant: "default" }, ctx);
  if (accepted?.kind !== "accepted") throw new Error(JSON.stringify(accepted));
  return accepted.id;
}

const at = (name: string) => `http://127.0.0.1:1/${name}`;
const video = { kind: "video", url: at("1.mp4") } as const;
const secondVideo = { kind: "video", url: at("2.mp4") } as const;
const frame = { kind: "last_frame", url: at("frame.png") } as const;
const stored = (url: string): DownloadOutcome => ({
  kind: "stored",
  key: `2026-11/x/1-${url.endsWith("mp4") ? "video.mp4" : "last_frame.png"}`,
  bytes: 9,
  sha256: "00",
  contentType: url.endsWith("mp4") ? "video/mp4" : "image/png",
});

/** Finalizes until the job is done; files that are not named are stored. Returns the generation, its event, its manifest. */
async function finalized(id: string, answers: Record<string, DownloadOutcome>) {
  const written: string[] = [];
  const outputs: OutputStore = {
    ...ctx.outputs,
    download: async ({ url }) => answers[url] ?? stored(url),
    manifest: async (_target, json) => {
      written.push(json);
      return "written";
    },
  };
  for (let runs = 0; runs < 20; runs += 1) {
    const dispatchSeq = (await ledger.read(ctx.cell, id))?.record.dispatchSeq ?? 0;
    const result = await finalize({ generation: id, dispatchSeq }, new AbortController().signal, { ...ctx, outputs });
    if (result.kind !== "again") break;
  }
  const body = await ctx.cell.redis.hget(ctx.cell.keys.event(`msg_${id}_1`), "body");
  const manifest = written.length === 0 ? undefined : (JSON.parse(written.at(-1) ?? "") as { warnings?: string[] });
  return {
    generation: await find(id, ctx),
    event: (JSON.parse(body ?? "{}") as { data: { warnings?: string[] } }).data,
    manifest,
  };
}

const given = () => givenIn(ctx.cell, queued);
const dead: Record<string, DownloadOutcome> = {
  "no image": { kind: "invalid", reason: "not an image but text/html" },
  empty: { kind: "truncated", reason: "it is empty" },
  "not to be had": { kind: "unreachable", reason: "answered 503" },
  blocked: { kind: "blocked", reason: "the port is not allowed" },
  "too large": { kind: "too_large", limitBytes: 1 },
};

test.each(Object.entries(dead))(
  "an asked-for last frame is %s: the video is kept, with a warning",
  async (_, outcome) => {
    const id = await given().finalizing({ remoteOutputs: [video, frame] }, { returnLastFrame: true });
    const { generation, event, manifest } = await finalized(id, { [frame.url]: outcome });
    expect(generation).toMatchObject({ state: "succeeded", outputs: [{ kind: "video" }] });
    for (const place of [generation, event, manifest])
      expect(place?.warnings).toEqual([expect.stringMatching(/^last_frame not kept: /)]);
  },
);

test("an asked-for last frame that the provider never lists is a warning", async () => {
  const id = await given().finalizing({ remoteOutputs: [video] }, { returnLastFrame: true });
  expect((await finalized(id, {})).generation?.warnings).toEqual(["last_frame not kept: the provider offers none"]);
});

test.each(Object.values(dead))("an image that nobody asked for cannot be had (%o): no warning", async (outcome) => {
  const id = await given().finalizing({ remoteOutputs: [frame, video] });
  const { generation, event } = await finalized(id, { [frame.url]: outcome });
  expect(generation).toMatchObject({ state: "succeeded", outputs: [{ kind: "video" }] });
  expect([generation?.warnings, event.warnings]).toEqual([undefined, undefined]);
});

test("a second video that is dead is a warning", async () => {
  const id = await given().finalizing({ remoteOutputs: [video, secondVideo] });
  const { generation } = await finalized(id, { [secondVideo.url]: { kind: "invalid", reason: "no video" } });
  expect(generation).toMatchObject({ state: "succeeded", warnings: ["video not kept: no video"] });
});

test("everything is stored: the order of the provider stays, without a warning", async () => {
  const id = await given().finalizing({ remoteOutputs: [frame, video] }, { returnLastFrame: true });
  const { generation } = await finalized(id, {});
  expect(generation?.outputs.map(({ kind }) => kind)).toEqual(["last_frame", "video"]);
  expect(generation).not.toHaveProperty("warnings");
});

test("a warning about the video itself is kept", async () => {
  const id = await given().finalizing({ remoteOutputs: [video] });
  const odd = { ...stored(video.url), warning: "bytes follow its last box" } as DownloadOutcome;
  expect((await finalized(id, { [video.url]: odd })).generation?.warnings).toEqual([
    "video: bytes follow its last box",
  ]);
});

test("the first video cannot be had: the generation does not succeed by its frame", async () => {
  const id = await given().finalizing({ remoteOutputs: [frame, video] }, { returnLastFrame: true });
  const { generation } = await finalized(id, { [video.url]: { kind: "invalid", reason: "no video" } });
  expect(generation).toMatchObject({ state: "finalizing", outputs: [], waiting: expect.stringContaining("no video") });
});
