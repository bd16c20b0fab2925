import { readFileSync } from "node:fs";
import type { Generation, State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { findMany, review } from "@reelqueue/pipeline";
import type { SimulatorOptions } from "@reelqueue/simulator";
import { simulatorSecrets } from "@reelqueue/system/testing";
import { startReceiver } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { allInOne, contradictions, startTestSystem, type TestSystem } from "./system.ts";
import { accounts, clips, enqueueFile, files } from "./upgrade/fixture.ts";
import { type Key, loadDump, readDump } from "./upgrade/load.ts";

/** The contents of the dump, with the names of e2422ca. */
const held = {
  states: {
    queued: 9,
    preparing: 1,
    submitting: 3,
    unknown: 3,
    needs_review: 3,
    running: 4,
    finalizing: 2,
    succeeded: 6,
    failed: 2,
    canceled: 1,
    expired: 2,
  },
  lanes: {
    backlog: 5,
    granted: 2,
    backoff: 2,
    preparing: 1,
    submitting: 3,
    unknown: 3,
    review: 3,
    poll: 4,
    finalize: 2,
    watch: 1,
  },
  /** Optional fields. */
  fields: [
    ...["batch", "cancel", "cost", "crashes", "earlier", "events", "evidence", "expires", "failure", "hint", "keeps"],
    ...["misses", "outputs", "progress", "remote", "route", "seen", "silentAt", "submits", "trouble", "usage"],
  ],
  /** Kinds of keys: the part behind the cell. */
  kinds: [
    ...["a", "b", "batch", "bull", "c", "d", "e", "endpoints", "es", "g", "n", "orphans", "p", "r", "s", "seq", "t"],
    ...["tenants", "u", "unowned", "v", "x"],
  ],
};

const options = { timeout: 90_000, interval: 200 };

/** Final state by marker; all others succeed. */
const endings: Record<string, State> = {
  failed: "failed",
  refused: "failed",
  "never-sent": "expired",
  canceled: "canceled",
};

test("upgrade fixture: has every state, lane and kind of key", () => {
  const { keys } = readDump(files.redis);
  const records = recordsOf(keys).map(({ record }) => record);
  const counted = (name: string) =>
    Object.fromEntries(
      [...Map.groupBy(records, (record) => record[name])]
        .filter(([value]) => value !== undefined)
        .map(([value, all]) => [value, all.length]),
    );
  expect(counted("state")).toEqual(held.states);
  expect(counted("lane")).toEqual(held.lanes);
  const fields = new Set(records.flatMap((record) => Object.keys(record)));
  expect(held.fields.filter((name) => !fields.has(name))).toEqual([]);
  expect([...new Set(keys.map(({ key }) => key.split(":")[1]))].sort()).toEqual(held.kinds);
  // Two absences of an unknown POST, and two 404s of a running task. A version that counts the two separately may start
  // the absences again, which costs one more look-up; it must not give up the running task.
  const twice = records.filter(({ misses }) => misses?.startsWith("2@")).map(({ state }) => state);
  expect(twice.sort()).toEqual(["running", "unknown"]);
});

test("upgrade: generations of an older version rest, nothing is paid twice, their file finds them again", async () => {
  await using system = await startTestSystem({ accounts, apps: [], simulator: { snapshot: recordedTasks() } });
  const [secret = ""] = system.installation.secrets.webhookSecrets("default");
  await using receiver = await startReceiver({ secret });
  const dump = readDump(files.redis, { simulator: system.simulator.url, receiver: new URL(receiver.url).origin });
  await loadDump(system.installation.cell.redis, dump);
  for (const path of Object.values(clips)) await system.installation.media.put({ path });
  const ids = recordsOf(dump.keys).map(({ id }) => id);
  expect(await contradictions(system)).toEqual([]);

  await system.start(allInOne);
  await expect.poll(() => waitingForSpare(system, ids), options).toEqual(["file-waits", "not-for-ever", "urgent"]);
  expect((await ledger.accountStatus(system.installation.cell, "spare")).paused).toMatch(/prices/);
  await ledger.resume(system.installation.cell, "spare");
  await expect.poll(() => notEnded(system, ids), options).toEqual([]);
  const generations = await findMany(ids, system.installation);
  expect(await contradictions(system)).toEqual([]);
  await everyTaskIsKnown(system, generations);
  // Its task came by callback: no review.
  expect(notesOf(generations, "told")).not.toContain("an operator");
  // It continues the attempt of the older version.
  expect(generations.find((each) => markerOf(each) === "again")).toMatchObject({ attempt: 2 });

  await receiver.arrived(2);
  const pending = dump.keys.flatMap((each) =>
    each.type === "hash" && each.value.state === "pending"
      ? [{ id: each.key.split(":")[2] ?? "", body: each.value.body, verified: true, status: 200 }]
      : [],
  );
  expect(pending).toHaveLength(2);

  const { url } = await system.startApp("api");
  const { out } = await enqueueFile(url, system.home);
  const summary = JSON.parse(out.trim().split("\n").at(-1) ?? "");
  expect(summary).toMatchObject({ batch: "upgrade", rows: 5, accepted: 0, existing: 5, succeeded: 5 });
  expect(await ledger.batchCounts(system.installation.cell, "default", "upgrade")).toMatchObject({ succeeded: 5 });
  const counts = Object.values(await ledger.counts(system.installation.cell));
  expect(counts.reduce((sum, count) => sum + count)).toBe(ids.length);
  // Delivered events are not sent again; pending ones are sent once.
  const received = receiver.received.map(({ id, body, verified, status }) => ({ id, body, verified, status }));
  expect(received.toSorted(byId)).toEqual(pending.toSorted(byId));
});

/** The simulator's tasks of the fixture, which names two fields as the code of e2422ca did. */
function recordedTasks(): NonNullable<SimulatorOptions["snapshot"]> {
  const lines = readFileSync(files.tasks, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const { dialect: vendor, luck: chance, ...task } = JSON.parse(line);
    return { ...task, vendor, chance, key: simulatorSecrets.REELQUEUE_SIMULATOR_KEY };
  });
}

function recordsOf(keys: readonly Key[]): { id: string; record: Record<string, string> }[] {
  return keys.flatMap((each) => {
    const [, kind, id = ""] = each.key.split(":");
    return kind === "g" && each.type === "hash" ? [{ id, record: each.value }] : [];
  });
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}

function markerOf({ request }: Generation): string {
  return /\[\[marker:(.+?)\]\]/.exec(request.prompt ?? "")?.[1] ?? "";
}

function notesOf(generations: readonly Generation[], marker: string): string {
  const found = generations.filter((each) => markerOf(each) === marker);
  return found.flatMap(({ timeline }) => timeline.map(({ note }) => note)).join("\n");
}

/** Markers that wait for the paused account; generations routed to it by the queue may move elsewhere. */
async function waitingForSpare(system: TestSystem, ids: readonly string[]): Promise<string[]> {
  const generations = await system.get(ids);
  const waiting = generations.filter(({ account, state }) => account === "spare" && state === "queued");
  return waiting.map(markerOf).sort();
}

/** Generations that have not reached their expected state; settles those in review first. */
async function notEnded(system: TestSystem, ids: readonly string[]): Promise<string[]> {
  const generations = await system.get(ids);
  await settleReviews(
    system,
    generations.filter(({ state }) => state === "needs_review"),
  );
  return generations
    .filter((each) => each.state !== (endings[markerOf(each)] ?? "succeeded"))
    .map((each) => `${markerOf(each)} is ${each.state}`);
}

/** Settles reviews by the provider's bill, except the generation whose task came by callback. */
async function settleReviews(system: TestSystem, inReview: readonly Generation[]): Promise<void> {
  const { byMarker } = await system.bill();
  for (const generation of inReview) {
    const marker = markerOf(generation);
    if (marker === "told") continue;
    const [taskId] = byMarker[marker]?.taskIds ?? [];
    await review(
      generation.id,
      taskId === undefined ? { kind: "unsent" } : { kind: "sent", taskId },
      system.installation,
    );
  }
}

/**
 * One charge for each video, counting the charges of the older version; every task belongs to its generation or is an
 * orphan.
 */
async function everyTaskIsKnown(system: TestSystem, generations: readonly Generation[]): Promise<void> {
  const { byMarker, duplicates } = await system.bill();
  expect(duplicates).toEqual([]);
  const orphans = (await ledger.orphans(system.installation.cell)).map(({ task }) => task);
  expect(orphans).toHaveLength(2);
  for (const generation of generations) {
    const { tasks = 0, charges = 0, refunds = 0, taskIds = [] } = byMarker[markerOf(generation)] ?? {};
    const owners = taskIds.map((id) => ledger.ownerOf(system.installation.cell, generation.account, id));
    expect(new Set([generation.id, ...(await Promise.all(owners))])).toEqual(new Set([generation.id]));
    const paid = generation.state === "succeeded" ? 1 : 0;
    expect({ of: markerOf(generation), paid: charges - refunds, tasks }).toEqual({
      ...{ of: markerOf(generation), paid },
      tasks: paid + refunds,
    });
  }
  const otherMarkers = Object.entries(byMarker).filter(
    ([marker]) => !generations.some((each) => markerOf(each) === marker),
  );
  expect(otherMarkers.flatMap(([, { taskIds }]) => taskIds).toSorted()).toEqual(orphans.toSorted());
}
