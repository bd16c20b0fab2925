import { createServer } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { holdPorts } from "./ports.ts";

/** Makes every search start at the same block. */
function fixRandom(): void {
  const random = vi.spyOn(Math, "random").mockReturnValue(0.5);
  onTestFinished(() => random.mockRestore());
}

test("holdPorts: a held block is not given again before its release", async () => {
  fixRandom();
  const first = await holdPorts(7);
  const second = await holdPorts(3);
  expect(new Set([...first.ports, ...second.ports]).size).toBe(10);
  first.release();
  const third = await holdPorts(7);
  expect(third.ports).toEqual(first.ports);
  second.release();
  third.release();
});

test("holdPorts: skips a block with a port in use", async () => {
  fixRandom();
  const free = await holdPorts(7);
  free.release();
  const server = createServer().listen(free.ports[3], "127.0.0.1");
  onTestFinished(() => void server.close());
  const other = await holdPorts(7);
  expect(other.ports).not.toContain(free.ports[3]);
  other.release();
});
