import type { ChildProcess } from "node:child_process";

const children = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
// The test runner ends its workers by a signal, and a signal alone runs no exit listener.
process.once("SIGTERM", () => process.exit(143));
if (process.env.VITEST_POOL_ID !== undefined) process.once("SIGINT", () => process.exit(130));

/** Sees to it that the process does not outlive this one, unless this one is killed hard. */
export function endsWithUs(child: ChildProcess): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
}
