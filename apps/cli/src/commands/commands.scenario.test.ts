import { createHash } from "node:crypto";
import * as ledger from "@reelqueue/ledger";
import { givenIn } from "@reelqueue/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCli, type TestCli } from "./test-cli.ts";

let cli: TestCli;
let cell: ledger.Cell;
beforeAll(async () => {
  cli = await startTestCli();
  cell = ledger.openCell({ url: cli.redisUrl, cell: cli.cell, role: "worker" });
  await ledger.awaitReady(cell, 5_000);
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

async function queued(more: object = {}): Promise<string> {
  const row = {
    account: "simulator",
    prompt: "a snail crosses a leaf",
    resolution: "480p",
    seconds: 4,
    ...more,
  } as const;
  return (await cli.client.enqueue(row)).generation.id;
}

const given = () => givenIn(cell, queued);
const inReview = (more: object = {}) => given().needs_review({}, more);

async function expectOutput(args: string[], expected: RegExp, exit = 0): Promise<string> {
  const { code, out, err } = await cli.ended(args);
  expect([code, out + err]).toEqual([exit, expect.stringMatching(expected)]);
  return out;
}

test("get: shows request, account, reason to wait and timeline; --json prints the whole generation", async () => {
  const id = await queued({ batch: "one" });
  await expectOutput(
    ["get", id],
    new RegExp(
      `${id} +queued +\\S.*made by +simulator \\(jiekou\\).*prompt +a snail.*\\$0\\.28 expected.*queued +accepted`,
      "s",
    ),
  );
  expect(JSON.parse(await expectOutput(["get", id, "--json"], /./))).toMatchObject({ id, state: "queued" });
  await expectOutput(["get", "nobody"], /^There is nothing under this address/, 1);
});

test("get: compares the settled with the expected cost", async () => {
  await expectOutput(["get", await given().succeeded()], /cost +\$0\.28 expected, \$0\.28 settled$/m);
  await expectOutput(
    ["get", await given().succeeded({ last: { costMicroUsd: 300_000 } })],
    /cost +\$0\.28 expected, \$0\.30 settled: \$0\.02 more than expected$/m,
  );
});

test("list: filters by state or batch and shows the cursor", async () => {
  const ids = [await queued({ batch: "listed" }), await queued({ batch: "listed" })];
  await expectOutput(["list", "--batch", "listed"], new RegExp(`^${ids[0]}.*\\n${ids[1]}`));
  await expectOutput(["list", "--batch", "listed", "--limit", "1"], new RegExp(`${ids[0]}.*--cursor`, "s"));
  await expectOutput(["list", "--state", "expired"], /No generations found/);
  await expectOutput(["list", "--limit", "101"], /limit: "101"/, 2);
});

test("cancel: an unsent one at once; retry: only where it cannot pay twice", async () => {
  const id = await queued();
  await expectOutput(["cancel", id], /canceled/);
  await expectOutput(["retry", id], /It is canceled/, 1);
  await expectOutput(["retry", await given().failed()], /queued +attempt 2/);
});

test("watch: exit code 0 only for a success; ends at needs_review", async () => {
  const id = await queued();
  await cli.client.cancel(id);
  await expectOutput(["watch", id], /canceled/, 1);
  await expectOutput(["watch", await inReview()], /needs_review.*reelqueue review/, 1);
});

describe("review", () => {
  test("lists the recorded reasons and how to settle", async () => {
    const id = await inReview();
    await expectOutput(["review"], new RegExp(`${id}.*connection was reset.*review <id> sent <taskId>`, "s"));
  });

  test.each([
    [["unsent"], /queued/],
    [["give-up"], /failed/],
  ])("%j settles", async (finding, expected) => {
    await expectOutput(["review", await inReview(), ...finding], expected);
  });

  test("sent is refused where the provider does not know the task", async () => {
    await expectOutput(["review", await inReview(), "sent", "task-2"], /does not know this task.*check its id/, 1);
  });

  test("--all settles one batch and no other", async () => {
    const mine = [await inReview({ batch: "b1" }), await inReview({ batch: "b1" })];
    const other = await inReview({ batch: "b2" });
    const out = await expectOutput(["review", "--batch", "b1", "--all", "unsent"], /queued/);
    for (const id of mine) expect(out).toContain(id);
    expect(out).not.toContain(other);
    await expectOutput(["review", "--batch", "b1"], /Nothing needs a review/);
    await expectOutput(["review", "--batch", "b2"], new RegExp(other));
    await expectOutput(["review", "--all", "sent"], /Say what you found/, 2);
  });

  test.each([[["sent"]], [["maybe"]], [["unsent", "task"]], [[]]])("%j is not a finding", async (finding) => {
    await expectOutput(["review", "any", ...finding], /Say what you found/, 2);
  });
});

test("pause: shows its reason in doctor; resume ends it; an unknown account is an error that lists the known ones", async () => {
  await expectOutput(["pause", "simulator", "new", "key", "at", "noon"], /simulator is paused: new key at noon/);
  await expectOutput(["doctor"], /! .*account simulator.*new key at noon.*\.\/reelqueue resume simulator/, 1);
  await expectOutput(["resume", "simulator"], /simulator is resumed/);
  await expectOutput(["pause", "nobody"], /There is no account "nobody"; there are: simulator, hiapi/, 1);
});

test("doctor: checks Redis, disk, accounts and processes; each line says what to do", async () => {
  const ports = { SUBMITTER_PORT: "9", POLLER_PORT: "9", FINALIZER_PORT: "9", DASHBOARD_PORT: "9" };
  const { code, out } = await cli.ended(["doctor", "--json"], ports);
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { name: string; ok: boolean; sentence: string }[] };
  expect([code, ok]).toEqual([1, false]);
  const named = (good: boolean) => checks.filter((check) => check.ok === good).map(({ name }) => name);
  expect(named(true)).toEqual(
    expect.arrayContaining(["API", "redis", "durability", "clock", "disk", "account simulator", "API keys"]),
  );
  expect(named(false)).toEqual(expect.arrayContaining(["submitter", "poller", "finalizer", "dashboard"]));
  const alone = await cli.ended(["doctor"], {
    ...ports,
    REELQUEUE_URL: "http://127.0.0.1:9",
    REDIS_URL: "redis://127.0.0.1:9",
  });
  expect(alone.out).toMatch(/! API: No reelqueue API answers.*\n! redis: It does not answer: .*correct REDIS_URL/);
});

test("replay: sends one delivery or all of a generation again", async () => {
  const event = { endpoint: "here", url: "http://127.0.0.1:9/hook", body: "{}" };
  const id = await given().failed({ last: { event } });
  await expectOutput(["replay", id], new RegExp(`msg_${id}_1 is sent again to http://127.0.0.1:9/hook`));
  await expectOutput(["replay", `msg_${id}_1`], /is sent again/);
  await expectOutput(["replay", await queued()], /has no deliveries/, 2);
});

test("key: prints a key and its SHA-256", async () => {
  const out = await expectOutput(["key"], /API key/);
  const [, secret = "", hash] = /(rq_\S+).*?([0-9a-f]{64})/s.exec(out) ?? [];
  expect(createHash("sha256").update(secret).digest("hex")).toBe(hash);
});

test("an invalid command line: exit code 2, in a separate process too", async () => {
  for (const args of [["get"], ["list", "--state", "done"], ["list", "--nope"]]) await expectOutput(args, /error: /, 2);
  const { code, err } = cli.run(["nope"]);
  expect([await code, err()]).toEqual([2, expect.stringContaining("unknown command 'nope'")]);
});
