import { randomBytes } from "node:crypto";
import * as ledger from "@reelqueue/ledger";
import type { AssetState, Uploaded, Uploads } from "@reelqueue/providers";
import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Account, accept, admit, cancel, find, type Installation, submit } from "../index.ts";
import { testInstallation } from "../test-installation.ts";
import { uploadDue } from "./upload.ts";

let scope: AsyncDisposableStack;
let here: Installation;
/** The uploads that the provider received, and its next answers; the last answer repeats. */
let received: { name: string; bytes: Buffer }[];
let uploadAnswers: Uploaded[];
let assetAnswers: AssetState[];
let submitted: string[];

beforeEach(async () => {
  scope = new AsyncDisposableStack();
  const opened = await testInstallation(scope, { toapis: { limits: { inFlight: 2 }, probe: false, timeScale: 1_000 } });
  [received, uploadAnswers, assetAnswers, submitted] = [[], [{ kind: "url", url: "https://up.example/1.mp4" }], [], []];
  here = { ...opened, accounts: new Map([["toapis", fakeAccount(opened)]]) };
});
afterEach(async () => {
  expect(await ledger.audit(here.cell)).toEqual([]);
  await scope.disposeAsync();
});

/** ToAPIs, with an upload and a submit that send nothing. */
function fakeAccount({ accounts }: Installation): Account {
  const real = accounts.get("toapis");
  if (!real) throw new Error("toapis is not there");
  const next = <T>(answers: T[]): T => {
    const [answer] = answers.length > 1 ? answers.splice(0, 1) : answers;
    if (answer === undefined) throw new Error("no answer left");
    return answer;
  };
  const provider: Account["provider"] = {
    ...real.provider,
    uploads: {
      upload: async ({ name, source }) => {
        received.push({ name, bytes: "bytes" in source ? source.bytes : Buffer.alloc(0) });
        return next(uploadAnswers);
      },
      asset: async () => next(assetAnswers),
    },
    submit: async ({ videos }) => {
      submitted.push(videos[0]?.url ?? "");
      return { kind: "accepted", taskId: `task-${submitted.length}` };
    },
  };
  return { ...real, provider };
}

function account(): Account {
  const found = here.accounts.get("toapis");
  if (!found) throw new Error("toapis is not there");
  return found;
}

/** A new clip, valid by its first bytes, as a data URI. */
function clip(): string {
  const head = Buffer.from("0000001c667479706d70343200000000", "hex");
  return `data:video/mp4;base64,${Buffer.concat([head, randomBytes(64)]).toString("base64")}`;
}

async function queued(url: string, more: object = {}): Promise<string> {
  const input = { prompt: "a cup", videos: [{ url }], account: "toapis", ...more };
  const [row] = await accept([input], { tenant: "default" }, here);
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  return row.id;
}

/** Submits the generations that have a slot. */
async function submitAll(ids: readonly string[]): Promise<void> {
  await admit(account(), here);
  for (const id of ids) {
    const dispatchSeq = (await ledger.read(here.cell, id))?.record.dispatchSeq ?? 0;
    await submit({ generation: id, dispatchSeq }, here);
  }
}

const states = async (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await find(id, here))?.state));
const round = () => uploadDue(account(), here);
const due = () => ledger.makeAllDue(here.cell, "preparing", "toapis");

test("a file that is not taken inline is uploaded without a slot, then sent by its address", async () => {
  const url = clip();
  const id = await queued(url);
  await submitAll([id]);
  expect(await states([id])).toEqual(["preparing"]);
  expect((await ledger.accountStatus(here.cell, "toapis")).inFlight).toBe(0);
  expect(submitted).toEqual([]);

  await round();
  expect(received.map(({ bytes }) => `data:video/mp4;base64,${bytes.toString("base64")}`)).toEqual([url]);
  expect(received[0]?.name).toMatch(/^[0-9a-f]{64}\.mp4$/);
  expect(await states([id])).toEqual(["queued"]);
  await submitAll([id]);
  expect(await states([id])).toEqual(["running"]);
  expect(submitted).toEqual(["https://up.example/1.mp4"]);
});

test("a file is uploaded once per account, however many generations name it and uploaders run", async () => {
  const url = clip();
  const ids = await Promise.all(Array.from({ length: 12 }, () => queued(url)));
  // two have a slot at a time, and none of them while it is `preparing`
  for (let n = 0; n < ids.length / 2; n++) await submitAll(ids);
  expect(new Set(await states(ids))).toEqual(new Set(["preparing"]));
  await Promise.all([round(), round()]);
  await due();
  await round();
  expect(new Set(await states(ids))).toEqual(new Set(["queued"]));
  expect(received).toHaveLength(1);
});

test("an upload longer than its leases stays with its live worker", async () => {
  here = { ...here, timing: { ...here.timing, pollLeaseMs: 1_000, uploadLeaseMs: 1_000 } };
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const { provider } = account();
  let sent = 0;
  const upload: Uploads["upload"] = async () => {
    sent += 1;
    await answered;
    return { kind: "url", url: "https://up.example/1.mp4" };
  };
  here = {
    ...here,
    accounts: new Map([
      ["toapis", { ...account(), provider: { ...provider, uploads: { ...provider.uploads, upload } } }],
    ]),
  };
  const url = clip();
  const ids = [await queued(url), await queued(url)];
  await submitAll(ids);
  const first = round();
  const ends = new Set<string>();
  const due = () => here.cell.redis.zrange(here.cell.keys.due("preparing", "toapis"), "0", "-1", "WITHSCORES");
  await eventually(async () => ends.add((await due()).join()).size > 8, { describe: "its leases are renewed" });
  await round();
  expect([sent, await states(ids)]).toEqual([1, ["preparing", "preparing"]]);
  answer();
  await first;
  expect([sent, await states(ids)]).toEqual([1, ["queued", "queued"]]);
});

test("an uploaded file delays no generation", async () => {
  const url = clip();
  const first = await queued(url);
  await submitAll([first]);
  await round();
  await submitAll([first]);
  const second = await queued(url);
  await submitAll([second]);
  expect(await states([second])).toEqual(["running"]);
  expect(received).toHaveLength(1);
});

test("an asset is used once it is active", async () => {
  uploadAnswers = [{ kind: "asset", assetId: "a-1" }];
  assetAnswers = [{ kind: "processing", status: "Processing" }, { kind: "active" }];
  const id = await queued(clip());
  await submitAll([id]);
  await round();
  for (let n = 0; n < 2; n++) {
    expect(await states([id])).toEqual(["preparing"]);
    await due();
    await round();
  }
  await submitAll([id]);
  expect(submitted).toEqual(["asset://a-1"]);
  expect(received).toHaveLength(1);
});

test("a failed upload is retried; at last the generation fails without a paid attempt", async () => {
  uploadAnswers = [
    { kind: "unreachable", message: "reset" },
    { kind: "url", url: "https://up.example/2.mp4" },
  ];
  const id = await queued(clip());
  await submitAll([id]);
  await round();
  expect(await states([id])).toEqual(["preparing"]);
  await due();
  await round();
  expect(await states([id])).toEqual(["queued"]);

  uploadAnswers = [{ kind: "unreachable", message: "reset" }];
  const other = await queued(clip());
  await submitAll([other]);
  for (let n = 0; n < 13; n++) {
    await due();
    await round();
  }
  expect((await find(other, here))?.failure).toMatchObject({
    class: "upstream",
    message: expect.stringContaining("reset"),
  });
  expect(submitted).toEqual([]);
});

test("file refused → failed; empty balance → account paused, generation queued", async () => {
  uploadAnswers = [{ kind: "rejected", failure: { class: "rejected", message: "no video" } }];
  const refused = await queued(clip());
  await submitAll([refused]);
  await round();
  expect(await find(refused, here)).toMatchObject({
    state: "failed",
    failure: { class: "rejected", message: "no video" },
  });

  uploadAnswers = [{ kind: "blocked", reason: "balance", message: "402" }];
  const kept = await queued(clip());
  await submitAll([kept]);
  await round();
  expect(await states([kept])).toEqual(["queued"]);
  expect((await ledger.accountStatus(here.cell, "toapis")).paused).toBe("balance");
});

test("cancel: preparing → canceled at once", async () => {
  const id = await queued(clip());
  await submitAll([id]);
  expect(await cancel(id, here)).toEqual({ kind: "canceled" });
  await round();
  expect([await states([id]), received]).toEqual([["canceled"], []]);
});

test("a file that no upload makes acceptable is refused, with the providers that take it", async () => {
  const opened = await testInstallation(scope, {});
  const input = { prompt: "a cup", videos: [{ url: clip() }], account: "jiekou" };
  expect(await accept([input], { tenant: "default" }, { ...opened, prober: here.prober })).toMatchObject([
    {
      kind: "refused",
      problems: [{ rule: "J-V10", allowed: expect.stringContaining("; taken as it is by hiapi, toapis") }],
    },
  ]);
});
