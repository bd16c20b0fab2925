import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdHome, holdPorts, StackError } from "@reelqueue/stack";

/** A folder and ports that are ours alone. */
export interface Place extends Disposable {
  home: string;
  ports: readonly number[];
  /** The folder stays. */
  keep(): void;
}

const prefix = "reelqueue-demo-";
/** Apps, the dashboard's that is not started, and Redis. */
const portsNeeded = 7;

/** Finds a place for one run; what an earlier one left because it was killed is ended and removed first. */
export async function findPlace(log: (line: string) => void): Promise<Place> {
  await clearUp(log);
  const held = await holdPorts(portsNeeded);
  const home = mkdtempSync(join(tmpdir(), prefix));
  const lock = await holdHome(home, log);
  let kept = false;
  return {
    home,
    ports: held.ports,
    keep: () => {
      kept = true;
    },
    [Symbol.dispose]: () => {
      lock.release();
      if (!kept) remove(home);
      held.release();
    },
  };
}

/** A run that ended by itself has released its folder; one that goes on holds it. */
async function clearUp(log: (line: string) => void): Promise<void> {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix));
  for (const home of names.map((name) => join(tmpdir(), name))) {
    if (!existsSync(join(home, "run", "start.lock"))) continue;
    try {
      const lock = await holdHome(home, log);
      remove(home);
      lock.release();
    } catch (error) {
      if (!(error instanceof StackError && error.kind === "already_running") && !isForeign(error)) throw error;
    }
  }
}

function remove(home: string): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

/** Another user's run. */
function isForeign(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
}
