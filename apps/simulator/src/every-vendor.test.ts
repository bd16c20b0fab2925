import { describe, expect, test } from "vitest";
import { openSimulator, soon, type TestClient } from "./testing/client.ts";
import { type VendorClient, vendorClients } from "./testing/vendor-clients.ts";
import { vendors } from "./vendors/index.ts";

const marked = (fault: string) => `A film [[marker:m]] [[fault:${fault}]]`;
const sums = async (client: TestClient) => {
  const { charges, refunds } = (await client.ledger("m")).body as { charges: number; refunds: number };
  return { charges, refunds };
};

async function start(client: TestClient, vendor: VendorClient, prompt: string): Promise<string> {
  const id = vendor.idOf(await vendor.create(client, prompt));
  if (id === undefined) throw new Error("the create was not accepted");
  return id;
}

test("every vendor has a test client", () => {
  expect(Object.keys(vendorClients)).toEqual(vendors.map(({ name }) => name));
});

describe.each(Object.entries(vendorClients))("%s", (name, vendor) => {
  const { words } = vendor;

  test.each([
    ["submit-429", [429]],
    ["submit-503", [503]],
    ["submit-500", [500]],
    ["reject-moderation", [200, 400, 422]],
  ])("%s: charges nothing, and the next attempt is accepted", async (fault, statuses) => {
    await using client = await openSimulator();
    const refused = await vendor.create(client, marked(`${fault}*1`));
    expect(statuses).toContain(refused.status);
    expect(vendor.idOf(refused)).toBeUndefined();
    expect(await sums(client)).toEqual({ charges: 0, refunds: 0 });
    expect(vendor.idOf(await vendor.create(client, marked(`${fault}*1`)))).toBeDefined();
    expect(await sums(client)).toEqual({ charges: 1, refunds: 0 });
  });

  test.each([
    ["accept-reset", undefined],
    ["accept-500", 500],
    ["accept-broken-json", 200],
    ["accept-empty", 200],
    ["accept-slow", 200],
  ])("%s: charges exactly once", async (fault, status) => {
    await using client = await openSimulator();
    const created = await vendor.create(client, marked(fault)).catch(() => undefined);
    expect(created?.status).toBe(status);
    expect(created !== undefined && vendor.idOf(created) !== undefined).toBe(fault === "accept-slow");
    expect(await sums(client)).toEqual({ charges: 1, refunds: 0 });
  });

  test("accept-hang: charges and never answers", async () => {
    await using client = await openSimulator();
    const ended = vendor.create(client, marked("accept-hang")).then(
      () => "answered",
      () => "disconnected",
    );
    await soon(() => sums(client)).toEqual({ charges: 1, refunds: 0 });
    await client.simulator.close();
    expect(await ended).toBe("disconnected");
  });

  test("accept-late: charges later", async () => {
    await using client = await openSimulator({ acceptLateMs: 500_000 });
    await expect(vendor.create(client, marked("accept-late"))).rejects.toThrow("fetch failed");
    expect(await sums(client)).toEqual({ charges: 0, refunds: 0 });
    await soon(() => sums(client)).toEqual({ charges: 1, refunds: 0 });
  });

  test("failed reads: stop after n times, and do not count as reads", async () => {
    await using client = await openSimulator();
    const faults = ["poll-429", "poll-500", "poll-404", "poll-garbage"].map((fault) => `[[fault:${fault}*1]]`);
    const id = await start(client, vendor, `A film ${faults.join(" ")}`);
    const reads = [];
    for (let read = 0; read < 5; read++) reads.push(await vendor.read(client, id));
    expect(reads.map(({ status }) => status)).toEqual([429, 500, vendor.missing, 200, 200]);
    expect((await vendor.read(client, "none")).status).toBe(vendor.missing);
    expect(reads[3]?.text).toContain("<html>");
    expect(reads.map(vendor.statusOf)).toEqual([undefined, undefined, undefined, undefined, words.done]);
  });

  test("poll-reset: resets the connection", async () => {
    await using client = await openSimulator();
    const id = await start(client, vendor, marked("poll-reset*1"));
    await expect(vendor.read(client, id)).rejects.toThrow("fetch failed");
    expect(vendor.statusOf(await vendor.read(client, id))).toBe(words.done);
  });

  test("misleading reads: an undocumented status, an earlier status, a success without a URL", async () => {
    await using client = await openSimulator({ finishAfterPolls: 2 });
    const id = await start(client, vendor, "A film [[fault:unknown-status*1]] [[fault:success-no-url*1]]");
    const reads = [];
    for (let read = 0; read < 3; read++) reads.push(await vendor.read(client, id));
    expect(reads.map(vendor.statusOf)).toEqual([words.unknown, words.done, words.done]);
    expect(reads.map(vendor.videoOf)).toEqual([undefined, undefined, expect.stringContaining("0.mp4")]);
    const back = await start(client, vendor, marked("status-regress*1"));
    const steps = [];
    for (let read = 0; read < 3; read++) steps.push(vendor.statusOf(await vendor.read(client, back)));
    expect(steps).toEqual([words.running, words.running, words.done]);
  });

  test("odd words beside the URL of a success: another case, a synonym, a foreign word, a preview", async () => {
    await using client = await openSimulator({ finishAfterPolls: 2 });
    const reads = async (fault: string) => {
      const id = await start(client, vendor, marked(fault));
      return [await vendor.read(client, id), await vendor.read(client, id)] as const;
    };
    const [, upper] = await reads("status-upper");
    expect(vendor.statusOf(upper)).not.toBe(words.done);
    expect(String(vendor.statusOf(upper)).toLowerCase()).toBe(words.done.toLowerCase());
    expect(vendor.statusOf((await reads("status-synonym"))[1])).toBe("Finished");
    const [, foreign] = await reads("status-foreign");
    expect([vendor.statusOf(foreign), vendor.videoOf(foreign)]).toEqual(["archived", expect.stringContaining("0.mp4")]);
    const [preview, done] = await reads("preview-first");
    expect([vendor.statusOf(preview), vendor.videoOf(preview)]).toEqual(["preview", expect.stringContaining("0.mp4")]);
    expect(vendor.statusOf(done)).toBe(words.done);
  });

  test("a success without a URL, other JSON: until the outages are switched off; URLs without a host", async () => {
    await using client = await openSimulator();
    const ended = async (fault: string) => {
      const id = await start(client, vendor, marked(fault));
      await vendor.read(client, id);
      return id;
    };
    const [bare, odd] = [await ended("success-no-url-ever"), await ended("poll-odd-shape")];
    const none = await vendor.read(client, bare);
    expect([vendor.statusOf(none), vendor.videoOf(none)]).toEqual([words.done, undefined]);
    expect((await vendor.read(client, odd)).body).toEqual({ ok: true });
    await client.post("/simulator/outages", { on: false });
    for (const id of [bare, odd]) expect(vendor.videoOf(await vendor.read(client, id))).toContain("0.mp4");
    const relative = await vendor.read(client, await ended("success-relative-url"));
    expect(vendor.videoOf(relative)).toMatch(/^\/files\//);
  });

  test.each(["task-fails", "task-fails-silent", "task-moderation"])(
    "%s: reported as failed, and refunded",
    async (fault) => {
      await using client = await openSimulator();
      const failed = await vendor.read(client, await start(client, vendor, marked(fault)));
      expect([failed.status, vendor.statusOf(failed), vendor.videoOf(failed)]).toEqual([200, words.failed, undefined]);
      expect(await sums(client)).toEqual({ charges: 1, refunds: 1 });
    },
  );

  test("slow takes five times as many reads; stuck never ends", async () => {
    await using client = await openSimulator({ finishAfterPolls: 2 });
    const ids = [await start(client, vendor, marked("slow")), await start(client, vendor, marked("stuck"))];
    for (let read = 1; read <= 10; read++) for (const id of ids) await vendor.read(client, id);
    const [slow, stuck] = await Promise.all(ids.map((id) => vendor.read(client, id)));
    expect([slow, stuck].map((read) => read && vendor.statusOf(read))).toEqual([words.done, words.running]);
  });

  test("url-expired ends with the next read, file-truncated with the next download", async () => {
    await using client = await openSimulator({ clockFactor: 1 });
    const id = await start(client, vendor, "A film [[fault:url-expired]] [[fault:file-truncated]]");
    const video = async () => fetch(String(vendor.videoOf(await vendor.read(client, id))));
    expect((await video()).status).toBe(403);
    const cut = await video();
    await expect(cut.arrayBuffer()).rejects.toThrow();
    const whole = await (await video()).arrayBuffer();
    expect(whole.byteLength).toBe(Number(cut.headers.get("content-length")));
  });

  test("page, tasks and bill name the vendor", async () => {
    await using client = await openSimulator();
    await start(client, vendor, "A film");
    expect((await client.get("/simulator/tasks")).at("tasks.0.vendor")).toBe(name);
    expect((await client.ledger()).at(`byVendor.${name}.charges`)).toBe(1);
    expect((await client.get("/")).text).toContain(`<td>${name}</td>`);
  });

  test("a body that is not JSON is refused and not charged", async () => {
    await using client = await openSimulator();
    const path = `/${name}${vendors.find((vendor) => vendor.name === name)?.createPath}`;
    for (const body of ["{", "", "[]", "null", '"text"']) {
      const refused = await client.post(path, body);
      expect([200, 400]).toContain(refused.status);
      expect(vendor.idOf(refused)).toBeUndefined();
    }
    const plain = await client.post(path, "{}", { headers: { "content-type": "text/plain" } });
    expect(plain.status).toBe(415);
    expect((await client.ledger()).at("charges")).toBe(0);
  });
});
