import { createLogger } from "@reelqueue/runtime";
import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { startLoop } from "./loops.ts";

const quiet = { log: createLogger({ name: "test", level: "silent" }) };

test("a wake during a tick is not lost", async () => {
  let turns = 0;
  const loop = startLoop(
    "test",
    async () => {
      turns += 1;
      if (turns === 1) loop.wake();
      return 3_600_000;
    },
    quiet,
  );
  await eventually(() => turns === 2, { describe: "it turned again" });
  loop.wake();
  await eventually(() => turns === 3, { describe: "it turned a third time" });
  await loop.stop();
});

test("stopping waits for the tick that runs, and none follows", async () => {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  let turns = 0;
  const loop = startLoop(
    "test",
    async () => {
      turns += 1;
      begun.resolve();
      await end.promise;
      return 0;
    },
    quiet,
  );
  await begun.promise;
  let stopped = false;
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  expect(stopped).toBe(false);
  end.resolve();
  await stopping;
  expect(turns).toBe(1);
});

test("a tick that fails is logged, and the loop goes on", async () => {
  const errors: unknown[] = [];
  const loop = startLoop(
    "test",
    async () => {
      if (errors.length === 0) throw new Error("away");
      return 3_600_000;
    },
    { log: { ...quiet.log, warn: (fields: unknown) => void errors.push(fields) } as typeof quiet.log },
  );
  await eventually(() => errors.length === 1, { describe: "it is reported" });
  loop.wake();
  await loop.stop();
  expect(errors).toEqual([expect.objectContaining({ event: "loop.failed", loop: "test" })]);
});
