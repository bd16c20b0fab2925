import { expect, onTestFinished, test } from "vitest";
import { openSimulator, type TestClient } from "./testing/client.ts";

async function open(): Promise<TestClient> {
  const client = await openSimulator({ clockFactor: 1 });
  onTestFinished(() => client.simulator.close());
  return client;
}

/** A read of a finished task with these faults; `again` reads it once more. */
async function finished(client: TestClient, ...faults: string[]) {
  const prompt = `A film ${faults.map((fault) => `[[fault:${fault}]]`).join("")}`;
  const id = await client.jiekou.start({ prompt });
  const again = async () => {
    const got = await client.jiekou.read(id);
    return { status: got.status, video: String(got.at("videos.0.video_url")), got };
  };
  return { ...(await again()), again };
}

const statusOf = async (url: unknown, headers = {}) => (await fetch(String(url), { headers })).status;

test.each([
  ["file-404", 404],
  ["file-503", 503],
])("%s: until the outages are switched off", async (fault, status) => {
  const client = await open();
  const { video } = await finished(client, fault);
  expect(await statusOf(video)).toBe(status);
  await client.post("/simulator/outages", { on: false });
  expect(await statusOf(video)).toBe(200);
});

test("file-page, file-reset: a page, no answer", async () => {
  const client = await open();
  const page = await fetch((await finished(client, "file-page")).video);
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  await expect(fetch((await finished(client, "file-reset")).video)).rejects.toThrow("fetch failed");
});

test("read-500: after a refused URL reads answer 500", async () => {
  const client = await open();
  const { video, again } = await finished(client, "url-expired", "read-500");
  expect([await statusOf(video), (await again()).status]).toEqual([403, 500]);
});

test("file-needs-key: only the key of the task gets the video", async () => {
  const client = await open();
  const { video } = await finished(client, "file-needs-key");
  const answers = [{}, { authorization: "Bearer other" }, { authorization: "Bearer key-a" }];
  const statuses = [];
  for (const headers of answers) statuses.push(await statusOf(video, headers));
  expect(statuses).toEqual([401, 401, 200]);
});

test("url-amp: the URL works only with `&`", async () => {
  const client = await open();
  const { video } = await finished(client, "url-amp");
  expect([await statusOf(video), await statusOf(video.replaceAll("&amp;", "&"))]).toEqual([403, 200]);
});

test("unasked-frame, second-video-404: more files are listed than asked for", async () => {
  const client = await open();
  const frame = (await finished(client, "unasked-frame")).got.at("images.0.image_url");
  expect((await fetch(String(frame))).headers.get("content-type")).toBe("text/html; charset=utf-8");
  const second = (await finished(client, "second-video-404")).got.at("videos.1.video_url");
  expect(await statusOf(second)).toBe(404);
});

test.each([
  ["last-frame-404", 404],
  ["last-frame-page", 200],
])("%s: the last frame answers %i", async (fault, status) => {
  const client = await open();
  const id = await client.jiekou.start({ prompt: `A film [[fault:${fault}]]`, return_last_frame: true });
  expect(await statusOf((await client.jiekou.read(id)).at("images.0.image_url"))).toBe(status);
});
