import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { list } from "./get.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("list: goes on behind a page that is empty because the API is still filtering", async () => {
  const server = createServer(({ url = "" }, response) => {
    const rest = url.includes("cursor=") ? { generations: [{ id: "mine" }] } : { cursor: "c", scanning: true };
    response.setHeader("content-type", "application/json").end(JSON.stringify({ generations: [], ...rest }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  vi.stubEnv("REELQUEUE_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await list.parseAsync(["--account", "a", "--json"], { from: "user" });
  expect(write.mock.calls.map(([text]) => text)).toEqual(['{"generations":[{"id":"mine"}]}\n']);
  server.close();
});
