import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openSimulator, soon, type TestClient } from "../../testing/client.ts";

const root = "/toapis/v1/videos/doubao-seedance-2-0/private-avatar";
const png = readFileSync(new URL("../../../fixtures/media/square.png", import.meta.url));

async function assetIn(client: TestClient, more: object = {}): Promise<string> {
  const group = await client.post(`${root}/groups`, { name: "brand", description: "of ours" });
  const body = {
    group_id: group.at("data.group_id"),
    asset_type: "image",
    source_url: "https://cdn.example.com/a.png",
  };
  return String((await client.post(`${root}/assets`, { ...body, ...more })).at("data.asset_id"));
}

const stateOf = async (client: TestClient, id: string) => (await client.get(`${root}/assets/${id}`)).at("data.status");
const naming = (id: string) => ({ image_with_roles: [{ url: `asset://${id}`, role: "reference_image" }] });

describe("a private asset", () => {
  test("is processing, then active; a create can name it only when active", async () => {
    await using client = await openSimulator({ assetReviewMs: 300_000 });
    const id = await assetIn(client);
    expect(id).toMatch(/^asset-\d{14}-[0-9a-z]{5}$/);
    const read = await client.get(`${root}/assets/${id}`);
    expect(read.body).toEqual({
      success: true,
      message: "",
      data: {
        asset_id: id,
        group_id: expect.stringMatching(/^group-\d{14}-[0-9a-z]{5}$/),
        asset_type: "image",
        source_url: "https://cdn.example.com/a.png",
        status: "processing",
      },
    });
    expect((await client.toapis.create(naming(id))).status).toBe(400);
    await soon(() => stateOf(client, id)).toBe("active");
    expect((await client.toapis.create(naming(id))).status).toBe(200);
  });

  test("fails or stays in review by a fault in its name or URL", async () => {
    await using client = await openSimulator({ assetReviewMs: 0 });
    const failing = await assetIn(client, { name: "face [[fault:asset-fails]]" });
    const failed = await client.get(`${root}/assets/${failing}`);
    expect(failed.body).toMatchObject({ data: { status: "failed", message: "asset review failed" } });
    expect((await client.toapis.create(naming(failing))).status).toBe(400);
    const stuck = await assetIn(client, { source_url: "https://cdn.example.com/[[fault:asset-stuck]].png" });
    expect(await stateOf(client, stuck)).toBe("processing");
  });

  test("fails by rate", async () => {
    await using client = await openSimulator({ assetReviewMs: 0, rates: { "asset-fails": 1 } });
    expect(await stateOf(client, await assetIn(client))).toBe("failed");
  });

  test("belongs to one key, like its group", async () => {
    await using client = await openSimulator({ assetReviewMs: 0 });
    const id = await assetIn(client);
    expect((await client.get(`${root}/assets/${id}`, { key: "key-b" })).status).toBe(404);
    expect((await client.toapis.create(naming(id), { key: "key-b" })).status).toBe(400);
    const body = { group_id: "group-20260101000000-00000", asset_type: "image", source_url: "https://a.example/a.png" };
    expect((await client.post(`${root}/assets`, body)).status).toBe(400);
  });

  test.each([
    ["of another type", { asset_type: "document" }],
    ["without a public URL", { source_url: "data:image/png;base64,AAAA" }],
  ])("is refused: one %s", async (_, more) => {
    await using client = await openSimulator();
    expect(await assetIn(client, more)).toBe("undefined");
  });
});

test("reset removes assets, groups and uploads", async () => {
  await using client = await openSimulator({ assetReviewMs: 0 });
  const id = await assetIn(client);
  const form = new FormData();
  form.append("file", new Blob([png], { type: "image/png" }));
  const url = String((await client.form("/toapis/v1/uploads/images", form)).at("data.url"));
  await client.post("/simulator/reset", {});
  expect((await client.get(`${root}/assets/${id}`)).status).toBe(404);
  expect((await fetch(url)).status).toBe(404);
});

describe("an upload", () => {
  const upload = (client: TestClient, kind: string, file: Blob | string, name = "file") => {
    const form = new FormData();
    form.append(name, file);
    return client.form(`/toapis/v1/uploads/${kind}`, form);
  };

  test("is answered with a URL that serves the same file", async () => {
    await using client = await openSimulator();
    const done = await upload(client, "images", new Blob([png], { type: "image/png" }));
    expect(done.body).toEqual({
      success: true,
      message: "",
      data: {
        id: expect.stringMatching(/^upload_\w{8}$/),
        url: expect.stringMatching(/^http:.*\.png$/),
        mime_type: "image/png",
        size: png.length,
      },
    });
    const served = await fetch(String(done.at("data.url")));
    expect(served.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await served.arrayBuffer()).equals(png)).toBe(true);
    const image_with_roles = [{ url: done.at("data.url"), role: "first_frame" }];
    expect((await client.toapis.create({ image_with_roles })).status).toBe(200);
  });

  test.each([
    ["videos", "video/mp4"],
    ["audios", "audio/mpeg"],
  ])("of %s accepts %s", async (kind, type) => {
    await using client = await openSimulator();
    expect((await upload(client, kind, new Blob(["bytes"], { type }))).at("data.mime_type")).toBe(type);
  });

  test.each([
    ["another format", "images", new Blob(["bytes"], { type: "image/tiff" })],
    ["an image among the videos", "videos", new Blob([png], { type: "image/png" })],
    ["an image of over 10 MB", "images", new Blob([Buffer.alloc(10_000_001)], { type: "image/png" })],
    ["an empty file", "images", new Blob([], { type: "image/png" })],
    ["no file at all", "images", "text"],
  ])("is refused: %s", async (_, kind, file) => {
    await using client = await openSimulator();
    expect(await upload(client, kind, file)).toMatchObject({ status: 400, body: { success: false, data: null } });
  });

  test("accepts an image of exactly 10 MB", async () => {
    await using client = await openSimulator();
    const file = new Blob([Buffer.alloc(10_000_000)], { type: "image/png" });
    expect((await upload(client, "images", file)).at("data.size")).toBe(10_000_000);
  });

  test("must be a form with a key", async () => {
    await using client = await openSimulator();
    expect((await client.post("/toapis/v1/uploads/images", { file: "a" })).status).toBe(415);
    const form = new FormData();
    form.append("file", new Blob([png], { type: "image/png" }));
    expect((await client.form("/toapis/v1/uploads/images", form, { key: "" })).status).toBe(401);
  });
});
