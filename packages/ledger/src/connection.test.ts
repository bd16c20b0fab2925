import { eventually, startSentinels, uniqueCell } from "@reelqueue/testing";
import { expect, test } from "vitest";
import * as ledger from "./index.ts";

test("a failover that is announced while connections still look for the primary ends none of them", async () => {
  await using scope = new AsyncDisposableStack();
  const { url, first, second, sentinels, lineup, stop } = await startSentinels();
  scope.defer(stop);
  const cells = Array.from({ length: 10 }, () =>
    scope.use(ledger.openCell({ url, cell: uniqueCell(), role: "worker" })),
  );
  await Promise.all(cells.map((cell) => ledger.awaitReady(cell, 5_000)));
  // whoever asks this one for the primary waits for a second, and hears meanwhile from the others that there is another
  await sentinels[0]?.kill("SIGSTOP");
  await first.kill("SIGKILL");
  await eventually(async () => (await lineup()).primary === second, { describe: "the replica has taken over" });
  await Promise.all(cells.map((cell) => ledger.awaitReady(cell, 20_000)));
  expect(cells.map(({ redis }) => redis.status)).toEqual(cells.map(() => "ready"));
}, 60_000);
