import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdHome, holdPorts } from "@reelqueue/system";

/** A temporary home folder and ports, reserved for one run until it is disposed. */
export interface Sandbox extends Disposable {
  home: string;
  ports: readonly number[];
  /** Keeps the folder on disposal. */
  keep(): void;
}

const prefix = "reelqueue-demo-";
/** Five apps, the dashboard (reserved, not started) and Redis. */
const portsNeeded = 7;

/** Opens a sandbox. First ends the processes and removes the folders of killed runs. */
export async function openSandbox(log: (line: string) => void): Promise<Sandbox> {
  await removeLeftovers(log);
  const block = await holdPorts(portsNeeded);
  const home = mkdtempSync(join(tmpdir(), prefix));
  const lock = await holdHome(home, log);
  let kept = false;
  return {
    home,
    ports: block.ports,
    keep: () => {
      kept = true;
    },
    [Symbol.dispose]: () => {
      // before the release: a folder without its lock would look like a leftover
      if (!kept) remove(home);
      lock.release();
      block.release();
    },
  };
}

/** A folder with a lock that can be taken belongs to a killed run. A folder that cannot be removed is ignored. */
async function removeLeftovers(log: (line: string) => void): Promise<void> {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix));
  for (const home of names.map((name) => join(tmpdir(), name))) {
    if (!existsSync(join(home, "run", "start.lock"))) continue;
    try {
      const lock = await holdHome(home, log);
      remove(home);
      lock.release();
    } catch {
      // the run goes on, another user owns the folder, or another process removes it now
    }
  }
}

function remove(home: string): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
