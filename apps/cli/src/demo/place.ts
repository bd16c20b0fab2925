import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdHome, holdPorts } from "@reelqueue/system";

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
      // with the lock in it: until it is gone, nobody takes it for one that was left behind
      if (!kept) remove(home);
      lock.release();
      held.release();
    },
  };
}

/** A run that ended by itself has released its folder, and one that goes on holds it. Whatever cannot be cleared up does no harm. */
async function clearUp(log: (line: string) => void): Promise<void> {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix));
  for (const home of names.map((name) => join(tmpdir(), name))) {
    if (!existsSync(join(home, "run", "start.lock"))) continue;
    try {
      const lock = await holdHome(home, log);
      remove(home);
      lock.release();
    } catch {
      // it runs, belongs to another user, or is being removed at this moment
    }
  }
}

function remove(home: string): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
