import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createEgress } from "@reelqueue/egress";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { serve, serveFile } from "../download/test-server.ts";
import { openDiskOutputs } from "./disk-outputs.ts";
import { type OutputTarget, outputKey } from "./output-store.ts";
import { jpeg, mp4, png, sha256, webp } from "./test-files.ts";

const egress = createEgress({ allowPrivate: ["127.0.0.1/32"] });
afterAll(() => egress.close());
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reelqueue-outputs-"));
});
afterEach(() => rm(directory, { recursive: true }));

const target: OutputTarget = {
  generation: "reel-abc_1",
  attempt: 1,
  kind: "video",
  createdAt: "2026-11-20T10:00:00.000Z",
};
const never = new AbortController().signal;
const store = (options: { minFreeBytes?: number; maxFileBytes?: number; directory?: string } = {}) =>
  openDiskOutputs({ directory, minFreeBytes: 0, maxFileBytes: 1e9, egress, ...options });

/** All files in the store, drafts included. */
async function files(): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

test("download: stores the whole video under a key of generation, attempt and kind, and leaves no draft", async () => {
  const video = mp4(3_000_000);
  await using server = await serveFile(
    () => video,
    '"v1"',
    () => undefined,
  );
  const outputs = await store();
  const outcome = await outputs.download({ url: `${server.url}?name=../../etc/passwd` }, target, never);
  const key = "2026-11/reel-abc_1/1-video.mp4";
  expect(outcome).toEqual({
    kind: "stored",
    key,
    bytes: video.length,
    sha256: sha256(video),
    contentType: "video/mp4",
  });
  expect(await files()).toEqual([key]);
  expect((await readFile(join(directory, key))).equals(video)).toBe(true);
  expect(await outputs.stat(key)).toMatchObject({ bytes: video.length, contentType: "video/mp4" });
  const opened = await outputs.open(key);
  expect(opened).toMatchObject({ bytes: video.length, totalBytes: video.length, contentType: "video/mp4" });
  expect(opened && (await buffer(opened.stream)).equals(video)).toBe(true);
});

test("download: sends no header besides accept-encoding, connection, host and user-agent, and no API key", async () => {
  await using server = await serveFile(
    () => mp4(),
    undefined,
    () => undefined,
  );
  await (await store()).download({ url: server.url }, target, never);
  expect(Object.keys(server.requests[0] ?? {}).sort()).toEqual(["accept-encoding", "connection", "host", "user-agent"]);
  expect(server.requests[0]?.["accept-encoding"]).toBe("identity");
});

test.each([
  ["png", png],
  ["jpg", jpeg],
  ["webp", webp],
])("download: the extension of a last frame follows its content: %s", async (extension, image) => {
  await using server = await serveFile(
    () => image,
    undefined,
    () => undefined,
  );
  const outcome = await (await store()).download(
    { url: server.url },
    { ...target, kind: "last_frame", index: 1 },
    never,
  );
  expect(outcome).toMatchObject({
    kind: "stored",
    key: `2026-11/reel-abc_1/1-last_frame-2.${extension}`,
    sha256: sha256(image),
  });
});

test("download: two concurrent finalizers store one file and return one hash, even if the provider sends different files", async () => {
  const videos = [mp4(200_000), mp4(200_000)];
  await using server = await serve((response, n) => response.end(videos[n - 1]));
  const [one, other] = await Promise.all([store(), store()]);
  const outcome = await Promise.all([
    one.download({ url: server.url }, target, never),
    other.download({ url: server.url }, target, never),
  ]);
  expect(server.requests).toHaveLength(2);
  expect(outcome[0]).toMatchObject({ kind: "stored" });
  expect(outcome[0]).toEqual(outcome[1]);
  expect(await files()).toEqual(["2026-11/reel-abc_1/1-video.mp4"]);
  const onDisk = await readFile(join(directory, "2026-11/reel-abc_1/1-video.mp4"));
  expect(outcome[0]).toMatchObject({ sha256: sha256(onDisk) });
});

test("download: a stored file is not downloaded again, even if its URL has expired", async () => {
  const video = mp4();
  await using server = await serve((response, n) => (n === 1 ? response.end(video) : response.writeHead(404).end()));
  const first = await (await store()).download({ url: server.url }, target, never);
  expect(await (await store()).download({ url: server.url }, target, never)).toEqual(first);
  expect(server.requests).toHaveLength(1);
  expect(await (await store()).download({ url: server.url }, { ...target, attempt: 2 }, never)).toMatchObject({
    kind: "expired",
  });
});

test("download: full if less than the floor is free, before the first write", async () => {
  await using server = await serveFile(
    () => mp4(10_000),
    undefined,
    () => undefined,
  );
  const outputs = await store({ minFreeBytes: 1e15 });
  const outcome = await outputs.download({ url: server.url }, target, never);
  expect(outcome).toMatchObject({ kind: "full", needBytes: 1e15 + 10_148, freeBytes: expect.any(Number) });
  expect(await outputs.freeBytes()).toBeGreaterThan(0);
  expect(await outputs.manifest(target, "{}")).toBe("full");
  expect(await files()).toEqual([]);
});

test("download: full if the disk fills up during the transfer, and no draft is left", async ({ skip }) => {
  const small = join(directory, "small");
  await mkdir(small);
  if ((await exitCode("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small)) !== 0)
    return skip("mounting a tmpfs needs root");
  try {
    const video = mp4(3_000_000);
    // Chunked: the length is not announced.
    await using server = await serve((response) => response.write(video, () => response.end()));
    const outcome = await (await store({ directory: small })).download({ url: server.url }, target, never);
    expect(outcome.kind).toBe("full");
    expect(await readdir(join(small, ".partial"))).toEqual([]);
  } finally {
    await exitCode("umount", small);
  }
});

async function exitCode(command: string, ...values: string[]): Promise<number> {
  const child = spawn(command, values, { stdio: "ignore" });
  return await new Promise((resolve) => child.on("error", () => resolve(-1)).on("exit", (code) => resolve(code ?? -1)));
}

test("download: the signal aborts it at once, and no draft is left", async () => {
  const controller = new AbortController();
  await using server = await serve((response) =>
    response.write(mp4(100_000).subarray(0, 50_000), () => controller.abort()),
  );
  expect(await (await store()).download({ url: server.url }, target, controller.signal)).toEqual({ kind: "aborted" });
  expect(await files()).toEqual([]);
});

test("open: reads a range; throws a RangeError for a range outside the file", async () => {
  const video = mp4();
  await using server = await serveFile(
    () => video,
    undefined,
    () => undefined,
  );
  const outputs = await store();
  const outcome = await outputs.download({ url: server.url }, target, never);
  const key = outcome.kind === "stored" ? outcome.key : "";
  const part = await outputs.open(key, { start: 10, end: 19 });
  expect(part).toMatchObject({ bytes: 10, totalBytes: video.length });
  expect(part && (await buffer(part.stream))).toEqual(video.subarray(10, 20));
  const rest = await outputs.open(key, { start: video.length - 5, end: 1e9 });
  expect(rest && (await buffer(rest.stream))).toEqual(video.subarray(-5));
  await expect(outputs.open(key, { start: video.length })).rejects.toThrow(RangeError);
});

test("open, stat: undefined for a key that the store never creates", async () => {
  const outputs = await store();
  await writeFile(join(directory, "..", "outside.mp4"), "x").finally(() => rm(join(directory, "..", "outside.mp4")));
  for (const key of ["../outside.mp4", "2026-11/../../outside.mp4", "/etc/passwd", ".partial/x.part", "", "a\0b"]) {
    expect(await outputs.open(key)).toBeUndefined();
    expect(await outputs.stat(key)).toBeUndefined();
  }
  for (const generation of ["../x", "a/b", "", "a".repeat(65), "a.b"]) {
    expect(() => outputKey({ ...target, generation })).toThrow(TypeError);
  }
});

test("a symbolic link in place of an output is neither read nor overwritten", async () => {
  const path = join(directory, "2026-11/reel-abc_1/1-video.mp4");
  const elsewhere = join(directory, "elsewhere");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(elsewhere, "untouched");
  await symlink(elsewhere, path);
  await using server = await serveFile(
    () => mp4(),
    undefined,
    () => undefined,
  );
  const outputs = await store();
  expect(await outputs.open("2026-11/reel-abc_1/1-video.mp4")).toBeUndefined();
  await expect(outputs.download({ url: server.url }, target, never)).rejects.toThrow("vanished");
  expect(await readFile(elsewhere, "utf8")).toBe("untouched");
});

test("manifest: written beside the outputs, replaced by a later one", async () => {
  const outputs = await store();
  expect(await outputs.manifest(target, '{"v":1}')).toBe("written");
  expect(await outputs.manifest(target, '{"v":2}')).toBe("written");
  expect(await files()).toEqual(["2026-11/reel-abc_1/manifest.json"]);
  const opened = await outputs.open("2026-11/reel-abc_1/manifest.json");
  expect(opened?.contentType).toBe("application/json");
  expect(opened && (await buffer(opened.stream)).toString()).toBe('{"v":2}');
});

test("sweep: removes old drafts and keeps recent ones", async () => {
  const outputs = await store();
  const drafts = join(directory, ".partial");
  await mkdir(drafts);
  await writeFile(join(drafts, "old.part"), "x");
  await writeFile(join(drafts, "recent.part"), "x");
  await utimes(join(drafts, "old.part"), 1, 1);
  expect(await outputs.sweep()).toBe(1);
  expect(await readdir(drafts)).toEqual(["recent.part"]);
});

test("openDiskOutputs: throws a StartError that names the folder if it is not writable", async () => {
  await writeFile(join(directory, "file"), "");
  await expect(store({ directory: join(directory, "file", "outputs") })).rejects.toThrow(
    /^outputs cannot be stored in .*file\/outputs: /,
  );
});
