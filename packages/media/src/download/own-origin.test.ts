import { createHash } from "node:crypto";
import { createEgress } from "@reelqueue/egress";
import { expect, onTestFinished, test } from "vitest";
import { openDiscardOutputs } from "../outputs/disk-outputs.ts";
import type { DownloadSource, OutputTarget } from "../outputs/output-store.ts";
import { serve } from "./test-server.ts";

const target: OutputTarget = { generation: "g1", attempt: 1, kind: "video", createdAt: "2026-11-20T10:00:00.000Z" };
const file = Buffer.from("a video");
const stored = { kind: "stored", sha256: createHash("sha256").update(file).digest("hex") };

function downloadFile(source: DownloadSource, allowPrivate: string[] = []) {
  const egress = createEgress({ allowPrivate });
  onTestFinished(() => egress.close());
  return openDiscardOutputs({ egress, maxFileBytes: 1_000 }).download(source, target, new AbortController().signal);
}

/** Answers 401 to a request without the key. */
const guarded = () =>
  serve((response, _n, { headers }) =>
    headers.authorization === "Bearer sk-1" ? response.end(file) : response.writeHead(401).end(),
  );
const ownOf = (url: string) => ({ origin: new URL(url).origin, key: "sk-1" });

test("the account's own origin that wants the key is asked again with it, wherever it is", async () => {
  await using server = await guarded();
  expect(await downloadFile({ url: server.url, own: ownOf(server.url) })).toMatchObject(stored);
  expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined, "Bearer sk-1"]);
});

test("the own origin that serves the file without the key never sees it", async () => {
  await using server = await serve((response) => response.end(file));
  expect(await downloadFile({ url: server.url, own: ownOf(server.url) })).toMatchObject(stored);
  expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
});

test("another origin never sees the key", async () => {
  await using server = await guarded();
  const source = { url: server.url, own: ownOf("http://127.0.0.1:1") };
  expect(await downloadFile(source, ["127.0.0.1/32"])).toEqual({ kind: "expired", status: 401 });
  expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
});

test("another origin is not trusted, also after a redirect from the own one, and sees no key", async () => {
  await using other = await guarded();
  await using server = await serve((response, n) =>
    n === 1 ? response.writeHead(401).end() : response.writeHead(302, { location: other.url }).end(),
  );
  expect(await downloadFile({ url: server.url, own: ownOf(server.url) })).toMatchObject({ kind: "blocked" });
  expect(other.requests).toEqual([]);
  expect(await downloadFile({ url: server.url, own: ownOf(server.url) }, ["127.0.0.1/32"])).toMatchObject({
    kind: "expired",
  });
  expect(other.requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
});

test("a redirect back to the own origin sees no key", async () => {
  await using server = await serve((response, _n, { url }) =>
    url === "/again" ? response.writeHead(403).end() : response.end(file),
  );
  await using other = await serve((response) =>
    response.writeHead(302, { location: new URL("/again", server.url).href }).end(),
  );
  const outcome = await downloadFile({ url: other.url, own: ownOf(server.url) }, ["127.0.0.1/32"]);
  expect([outcome, server.requests.map(({ authorization }) => authorization)]).toEqual([
    { kind: "expired", status: 403 },
    [undefined],
  ]);
});

test("a URL with `&amp;` is tried with `&` once it has failed as it is; one that works stays as it is", async () => {
  const asked: (string | undefined)[] = [];
  await using server = await serve((response, _n, { url }) => {
    asked.push(url);
    if (url === "/v?a=1&b=2" || url === "/w?a=1&amp;b=2") response.end(file);
    else response.writeHead(403).end();
  });
  for (const path of ["/v", "/w"]) {
    const url = new URL(`${path}?a=1&amp;b=2`, server.url).href;
    expect(await downloadFile({ url }, ["127.0.0.1/32"])).toMatchObject(stored);
  }
  expect(asked).toEqual(["/v?a=1&amp;b=2", "/v?a=1&b=2", "/w?a=1&amp;b=2"]);
});
