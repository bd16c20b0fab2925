import { Readable } from "node:stream";
import { createEgress, type Egress } from "@reelqueue/egress";
import { afterAll, expect, test } from "vitest";
import { getWithRedirects } from "./redirects.ts";
import { serve } from "./test-server.ts";

const egress = createEgress({ allowPrivate: ["127.0.0.1/32"] });
afterAll(() => egress.close());
const request = { headers: {}, signal: new AbortController().signal };

/** Redirects `/<n>` to `/<n-1>` and answers `/0`. */
function countdown(status = 302) {
  return serve((response, _n, { url }) => {
    const left = Number(url?.slice(1));
    if (left === 0) response.end("done");
    else response.writeHead(status, { location: `/${left - 1}` }).end();
  });
}

test.each([301, 302, 303, 307, 308])("%d: follows three redirects, refuses the fourth", async (status) => {
  await using server = await countdown(status);
  expect((await getWithRedirects(egress, { ...request, url: new URL("/3", server.url).href })).status).toBe(200);
  await expect(getWithRedirects(egress, { ...request, url: new URL("/4", server.url).href })).rejects.toMatchObject({
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
])("a redirect to %s is checked like the first URL", async (location) => {
  await using server = await serve((response) => response.writeHead(302, { location }).end());
  await expect(getWithRedirects(egress, { ...request, url: server.url })).rejects.toMatchObject({ kind: "blocked" });
  expect(server.requests).toHaveLength(1);
});

test("a redirect from https to http is refused", async () => {
  const requested: string[] = [];
  const stub: Egress = {
    ...egress,
    async stream({ url }) {
      requested.push(url);
      return { status: 302, headers: { location: "http://cdn.example/v.mp4" }, body: Readable.from([]) };
    },
  };
  await expect(getWithRedirects(stub, { ...request, url: "https://cdn.example/v.mp4" })).rejects.toMatchObject({
    kind: "blocked",
    message: "a redirect from https to http:",
  });
  expect(requested).toEqual(["https://cdn.example/v.mp4"]);
});

test("an invalid URL is blocked, at first and in a redirect", async () => {
  await expect(getWithRedirects(egress, { ...request, url: "out.mp4" })).rejects.toMatchObject({ kind: "blocked" });
  await using server = await serve((response) => response.writeHead(302, { location: "http://[" }).end());
  await expect(getWithRedirects(egress, { ...request, url: server.url })).rejects.toMatchObject({ kind: "blocked" });
});
