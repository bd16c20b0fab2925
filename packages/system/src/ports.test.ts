import { createServer } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { holdPorts } from "./ports.ts";

/** Everybody begins to look at the same place. */
function alike(): void {
  const random = vi.spyOn(Math, "random").mockReturnValue(0.5);
  onTestFinished(() => random.mockRestore());
}

test("ports that are held are nobody else's until they are released", async () => {
  alike();
  const first = await holdPorts(7);
  const second = await holdPorts(3);
  expect(new Set([...first.ports, ...second.ports]).size).toBe(10);
  first.release();
  const third = await holdPorts(7);
  expect(third.ports).toEqual(first.ports);
  second.release();
  third.release();
});

test("a block in which somebody listens is passed over", async () => {
  alike();
  const free = await holdPorts(7);
  free.release();
  const server = createServer().listen(free.ports[3], "127.0.0.1");
  onTestFinished(() => void server.close());
  const other = await holdPorts(7);
  expect(other.ports).not.toContain(free.ports[3]);
  other.release();
});
