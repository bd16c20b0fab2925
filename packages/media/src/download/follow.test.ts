import { Readable } from "node:stream";
import { createEgress, type Egress } from "@reelqueue/egress";
import { afterAll, expect, test } from "vitest";
import { follow } from "./follow.ts";
import { serve } from "./test-server.ts";

const egress = createEgress({ allowPrivate: ["127.0.0.1/32"] });
afterAll(() => egress.close());
const request = { headers: {}, signal: new AbortController().signal };

/** Sends `/<n>` to `/<n-1>` and answers `/0`. */
function countdown(status = 302) {
  return serve((response, _n, { url }) => {
    const left = Number(url?.slice(1));
    if (left === 0) response.end("there");
    else response.writeHead(status, { location: `/${left - 1}` }).end();
  });
}

test.each([301, 302, 303, 307, 308])("%d is followed three times and not a fourth time", async (status) => {
  await using server = await countdown(status);
  expect((await follow(egress, { ...request, url: new URL("/3", server.url).href })).status).toBe(200);
  await expect(follow(egress, { ...request, url: new URL("/4", server.url).href })).rejects.toMatchObject({
    kind: "blocked",
    message: "more than 3 redirects",
  });
  expect(server.requests).toHaveLength(8);
});

test.each([
  "http://127.0.0.2:1/",
  "http://169.254.169.254/latest/meta-data",
  "http://[::1]:1/",
  "file:///etc/passwd",
  "ftp://a.example/",
])("a redirect to %s is guarded like the first address", async (location) => {
  await using server = await serve((response) => response.writeHead(302, { location }).end());
  await expect(follow(egress, { ...request, url: server.url })).rejects.toMatchObject({ kind: "blocked" });
  expect(server.requests).toHaveLength(1);
});

test("https is never left for http", async () => {
  const asked: string[] = [];
  const stub: Egress = {
    ...egress,
    async stream({ url }) {
      asked.push(url);
      return { status: 302, headers: { location: "http://cdn.example/v.mp4" }, body: Readable.from([]) };
    },
  };
  await expect(follow(stub, { ...request, url: "https://cdn.example/v.mp4" })).rejects.toMatchObject({
    kind: "blocked",
    message: "a redirect from https to http:",
  });
  expect(asked).toEqual(["https://cdn.example/v.mp4"]);
});

test("what is no URL is blocked, first or as a redirect", async () => {
  await expect(follow(egress, { ...request, url: "out.mp4" })).rejects.toMatchObject({ kind: "blocked" });
  await using server = await serve((response) => response.writeHead(302, { location: "http://[" }).end());
  await expect(follow(egress, { ...request, url: server.url })).rejects.toMatchObject({ kind: "blocked" });
});
