import * as ledger from "@reelqueue/ledger";
import { bring } from "@reelqueue/ledger/testing";
import type { OutputStore } from "@reelqueue/media";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accept, type Installation } from "../index.ts";
import { testInstallation } from "../test-installation.ts";
import { finalize } from "./finalize.ts";

let scope: AsyncDisposableStack;
let ctx: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  ctx = await testInstallation(scope);
});
afterEach(() => scope.disposeAsync());

test("disk full between video and manifest: the generation waits, none succeeds without its manifest", async () => {
  const job = await finished();
  let manifest: "written" | "full" = "full";
  const outputs: OutputStore = {
    ...ctx.outputs,
    download: async () => ({ kind: "stored", key: "v.mp4", bytes: 1, sha256: "00", contentType: "video/mp4" }),
    manifest: async () => manifest,
  };
  const run = () => finalize(job, new AbortController().signal, { ...ctx, outputs });
  const state = async () => (await ledger.read(ctx.cell, job.generation))?.record.state;
  expect([await run(), await state()]).toEqual([{ kind: "again", afterMs: ctx.timing.diskFullWaitMs }, "finalizing"]);
  manifest = "written";
  expect([(await run()).kind, await state()]).toEqual(["done", "succeeded"]);
});

test("a fresh URL is refused for an empty balance: the account is paused, the download waits", async () => {
  const job = await finished();
  const hiapi = ctx.accounts.get("hiapi");
  if (!hiapi) throw new Error("hiapi is not there");
  const poll = async () => ({ kind: "blocked", reason: "balance", message: "402" }) as const;
  const accounts = new Map([["hiapi", { ...hiapi, provider: { ...hiapi.provider, poll } }]]);
  const outputs: OutputStore = { ...ctx.outputs, download: async () => ({ kind: "expired", status: 404 }) };
  const result = await finalize(job, new AbortController().signal, { ...ctx, accounts, outputs });
  expect(result).toEqual({ kind: "again", afterMs: 60_000 });
  expect((await ledger.accountStatus(ctx.cell, "hiapi")).paused).toBe("balance");
});

/** A generation whose task the provider has finished. */
async function finished(): Promise<{ generation: string; dispatchSeq: number }> {
  const input = { account: "hiapi", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const [row] = await accept([input], { tenant: "default" }, ctx);
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  const { id } = row;
  await bring(ctx.cell, [id], "finalizing", { remoteOutputs: [{ kind: "video", url: "http://127.0.0.1:1/v.mp4" }] });
  return { generation: id, dispatchSeq: (await ledger.read(ctx.cell, id))?.record.dispatchSeq ?? 0 };
}
