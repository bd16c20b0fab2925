import { createLogger } from "@reelqueue/runtime";
import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { startLoop } from "./loops.ts";

const quiet = { log: createLogger({ name: "test", level: "silent" }) };

test("a wake during a tick is not lost", async () => {
  let ticks = 0;
  const loop = startLoop(
    "test",
    async () => {
      ticks += 1;
      if (ticks === 1) loop.wake();
      return 3_600_000;
    },
    quiet,
  );
  await eventually(() => ticks === 2, { describe: "it ticks again" });
  loop.wake();
  await eventually(() => ticks === 3, { describe: "it ticks a third time" });
  await loop.stop();
});

test("stop waits for the current tick, and none follows", async () => {
  const started = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  let ticks = 0;
  const loop = startLoop(
    "test",
    async () => {
      ticks += 1;
      started.resolve();
      await end.promise;
      return 0;
    },
    quiet,
  );
  await started.promise;
  let stopped = false;
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  expect(stopped).toBe(false);
  end.resolve();
  await stopping;
  expect(ticks).toBe(1);
});

test("a failed tick is logged, and the loop continues", async () => {
  const errors: unknown[] = [];
  const loop = startLoop(
    "test",
    async () => {
      if (errors.length === 0) throw new Error("unavailable");
      return 3_600_000;
    },
    { log: { ...quiet.log, warn: (fields: unknown) => void errors.push(fields) } as typeof quiet.log },
  );
  await eventually(() => errors.length === 1, { describe: "it is logged" });
  loop.wake();
  await loop.stop();
  expect(errors).toEqual([expect.objectContaining({ event: "loop.failed", loop: "test" })]);
});
