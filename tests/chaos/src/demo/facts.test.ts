import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { billOf, pollsOf, videoBytesIn } from "./facts.ts";

async function serving(answers: Record<string, unknown>): Promise<string> {
  const server = createServer(({ url = "" }, response) => {
    const answer = answers[url];
    response.writeHead(answer === undefined ? 500 : 200).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : undefined}`;
}

test("videoBytesIn: counts only files with an MP4 header, in any folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reelqueue-videos-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "a", "b"), { recursive: true });
  const mp4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypisom"), Buffer.alloc(100)]);
  writeFileSync(join(folder, "a", "b", "video.mp4"), mp4);
  writeFileSync(join(folder, "a", "error-page.mp4"), "<html>not found</html>");
  writeFileSync(join(folder, "a", "empty.mp4"), "");
  writeFileSync(join(folder, "a", "video.mp4.part"), mp4);
  expect(await videoBytesIn(folder)).toEqual([112]);
});

test("pollsOf: counts every GET of a provider, whatever the answer", async () => {
  const routes = {
    "POST /hiapi/v1/tasks": { 200: 5, 429: 2 },
    "GET /hiapi/v1/tasks/:taskId": { 200: 7, 500: 1 },
    "GET /jiekou/v3/async/task-result": { 0: 1, 200: 3 },
  };
  expect(await pollsOf(await serving({ "/simulator/log?limit=1": { routes } }))).toEqual({ hiapi: 8, jiekou: 4 });
});

test("billOf: an error of the simulator rejects, never 0", async () => {
  await expect(billOf(await serving({}))).rejects.toThrow("the simulator answered 500");
});
