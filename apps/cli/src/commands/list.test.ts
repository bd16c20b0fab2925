import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test, vi } from "vitest";
import { list } from "./get.ts";
import { orphans } from "./orphans.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("list: goes on behind a page that is empty because the API is still filtering", async () => {
  await using _ = await api(({ url = "" }) =>
    url.includes("cursor=") ? { generations: [{ id: "mine" }] } : { generations: [], cursor: "next", scanning: true },
  );
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await list.parseAsync(["--account", "a", "--json"], { from: "user" });
  expect(write.mock.calls.map(([line]) => line)).toEqual(['{"generations":[{"id":"mine"}]}\n']);
});

test("orphans: lists the open ones; ack takes one, with a note", async () => {
  const orphan = { taskId: "t1", account: "ark", foundAt: "2026-11-28T09:00:00.000Z" };
  const sent: string[] = [];
  await using _ = await api(async (request) => {
    sent.push(`${request.method} ${request.url} ${await text(request)}`);
    return { orphans: [orphan], open: 7 };
  });
  const log = vi.spyOn(console, "log").mockReturnValue();
  await orphans.parseAsync([], { from: "user" });
  await orphans.parseAsync(["ack", "t1", "refund", "asked", "--account", "ark"], { from: "user" });
  expect(sent).toEqual([
    "GET /v1/orphans?state=open&offset=0&limit=20 ",
    'POST /v1/orphans/ack {"taskId":"t1","account":"ark","note":"refund asked"}',
  ]);
  expect(log.mock.calls.join("\n")).toMatch(/t1.*ark.*Open: 7\. Look.*Acknowledged\. Open: 7\./s);
});

/** An API that answers as told; the commands call it until it is disposed. */
async function api(answer: (request: IncomingMessage) => unknown): Promise<AsyncDisposable> {
  const server = createServer(async (request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify(await answer(request)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  vi.stubEnv("REELQUEUE_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { [Symbol.asyncDispose]: async () => void server.close() };
}
