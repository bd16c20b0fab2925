import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { generationRequest } from "@reelqueue/contracts";
import { pngFile, wavFile } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Installation, quote } from "../index.ts";
import { testInstallation } from "../test-installation.ts";
import { accept } from "./accept.ts";
import { inspectMedia } from "./inspect-media.ts";

let scope: AsyncDisposableStack;
beforeEach(() => {
  scope = new AsyncDisposableStack();
});
afterEach(() => scope.disposeAsync());

const accounts = { hiapi: {}, jiekou: {}, xingchao: { probe: false } };
const install = (own: Parameters<typeof testInstallation>[1] = accounts, allowPrivate = ["127.0.0.0/8"]) =>
  testInstallation(scope, own, { allowPrivate });
const first = (url: string, account?: string) => ({
  prompt: "a cup",
  images: [{ url, role: "first_frame" }],
  ...(account !== undefined && { account }),
});
const one = async (input: unknown, here: Installation, localFiles = false) =>
  (await accept([input], { tenant: "default", localFiles }, here))[0];

/** Serves files by path on loopback, and records the requests. */
async function serve(files: Record<string, Buffer>) {
  const requested: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    requested.push(url);
    const file = files[url];
    response.writeHead(file ? 200 : 404, { "content-length": file?.length ?? 0 }).end(file);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.defer(() => void server.close());
  const address = server.address();
  return { root: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`, requested };
}

const small = pngFile(300, 400);
/** Two seconds of 480p. */
const clip = readFileSync(join(import.meta.dirname, "../../../media/samples/clip-2s.mp4"));
const tooSmall = {
  kind: "refused",
  problems: [
    {
      field: "images[0].url",
      given: "300 × 400 pixels",
      allowed: "sides of more than 300 and less than 6000 pixels; taken as it is by hiapi, toapis",
      rule: "J-V13",
      label: "DOCUMENTED",
      severity: "error",
    },
  ],
};

test("a file that breaks a rule is refused before accept: as data URI, URL and local file", async () => {
  const here = await install();
  const { root } = await serve({ "/small.png": small, "/good.png": pngFile(301, 400) });
  const path = join(here.config.outputs.directory, "small.png");
  writeFileSync(path, small);
  const uri = `data:image/png;base64,${small.toString("base64")}`;
  for (const url of [uri, `${root}/small.png`, path]) {
    expect(await one(first(url, "jiekou"), here, true)).toMatchObject(tooSmall);
  }
  expect(await one(first(`${root}/good.png`, "jiekou"), here)).toMatchObject({ kind: "accepted", warnings: [] });
});

test("limits on the sum of files are checked against the files", async () => {
  const here = await install();
  const files = { "/a.wav?1": wavFile(8), "/a.wav?2": wavFile(8), "/frame.png": pngFile(640, 480) };
  const { root } = await serve(files);
  const audios = ["?1", "?2"].map((query) => ({ url: `${root}/a.wav${query}` }));
  const row = { prompt: "a cup", account: "hiapi", images: [{ url: `${root}/frame.png` }], audios };
  expect(await one(row, here)).toMatchObject({
    kind: "refused",
    problems: [{ field: "audios", given: "16 s in total", rule: "H-V10", label: "DOCUMENTED" }],
  });
});

test("reference videos are priced by their length, or by the longest one if it is unknown", async () => {
  const prices = { "seedance-2.0/480p+video": 0.1 };
  const here = await install({ jiekou: { pricesPerSecond: prices } });
  const { root } = await serve({ "/clip.mp4": clip });
  const row = (url: string) => ({ prompt: "x", account: "jiekou", resolution: "480p", seconds: 4, videos: [{ url }] });
  const usd = async (url: string) => {
    const priced = (await accept([row(url)], { tenant: "default", dryRun: true }, here))[0];
    return priced && "quote" in priced ? priced.quote.usd : undefined;
  };
  expect(await usd(`${root}/clip.mp4`)).toBe(0.6);
  expect(await usd(`${root}/none.mp4`)).toBe(1.9);
});

test("without an account: one that takes the file; a quote names the others and why they do not", async () => {
  const here = await install();
  const { root } = await serve({ "/small.png": small });
  const row = { ...first(`${root}/small.png`), watermark: false };
  expect(await one(row, here)).toMatchObject({ kind: "accepted", account: "hiapi" });
  const [quoted] = await quote([row], { tenant: "default" }, here);
  expect(quoted).toMatchObject({
    chosen: "hiapi",
    offers: [
      { account: "hiapi", problems: [] },
      { account: "jiekou", problems: [{ rule: "J-V13", label: "DOCUMENTED" }] },
      {},
    ],
  });
});

test("a file that cannot be inspected causes a warning, also in a strict account; no private address is requested", async () => {
  const here = await install({ jiekou: { strict: true } }, []);
  const { root, requested } = await serve({ "/good.png": pngFile(640, 480) });
  const row = await one(first(`${root}/good.png`, "jiekou"), here);
  expect(row).toMatchObject({
    kind: "accepted",
    warnings: [{ field: "images[0].url", rule: "media", severity: "warning" }],
  });
  expect(requested).toEqual([]);
  const open = await install({ jiekou: { strict: true } });
  expect(await one(first(`${root}/none.png`, "jiekou"), open)).toMatchObject({
    kind: "accepted",
    warnings: [{ allowed: expect.stringContaining("answered 404") }],
  });
});

test("`probe: false`: files are not inspected", async () => {
  const here = await install({ jiekou: { probe: false } });
  const { root, requested } = await serve({ "/small.png": small });
  expect(await one(first(`${root}/small.png`, "jiekou"), here)).toMatchObject({ kind: "accepted", warnings: [] });
  expect(requested).toEqual([]);
});

test("a file in many rows is inspected once, also over several calls", async () => {
  const here = await install();
  const { root, requested } = await serve({ "/good.png": pngFile(640, 480) });
  const rows = Array.from({ length: 300 }, () => first(`${root}/good.png`, "jiekou"));
  for (const dryRun of [true, false]) {
    const answers = await accept(rows, { tenant: "default", dryRun }, here);
    expect(new Set(answers.map(({ kind }) => kind)).size).toBe(1);
  }
  expect(requested).toEqual(["/good.png"]);
});

test("no media, assets, or a provider without rules about them: nothing is inspected", async () => {
  const here = await install();
  const prober = () => Promise.reject(new Error("nothing may be inspected"));
  const ctx = { ...here, prober };
  const rows = [{ prompt: "a cup" }, first("asset://a1", "hiapi"), first("https://example.com/a.png", "hiapi")];
  const answers = await accept(rows, { tenant: "default" }, ctx);
  expect(answers.map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
});

test("slow files end at the time limit", async () => {
  const here = await install();
  const prober = (url: string) =>
    url.endsWith("slow.png")
      ? new Promise<never>(() => {})
      : Promise.resolve({ kind: "unknown" as const, reason: "it is a text" });
  const images = ["slow.png", "text.png"].map((name) => ({
    url: `https://example.com/${name}`,
    role: "reference" as const,
  }));
  const request = generationRequest.parse({ prompt: "a cup", images });
  const inspected = await inspectMedia([request], here.accounts, { prober, withinMs: 20 });
  const whys = images.map(({ url }) => inspected.at({ field: "", kind: "image", url }));
  expect(whys).toEqual([
    { kind: "unreachable", reason: "not inspected in time" },
    { kind: "unknown", reason: "it is a text" },
  ]);
});
