import { execFile } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { type Machine, onPath } from "../machine.ts";

const run = promisify(execFile);
/** Debian runs this program before it starts the service of a new package; exit code 101 forbids the start. */
const policy = "/usr/sbin/policy-rc.d";

/** The message where no Redis is available. */
export const noRedis =
  "There is no Redis: install redis-server (Debian, Ubuntu: sudo apt-get install redis-server; macOS: brew install redis), start Docker, or set REDIS_URL.";

/** The path of `redis-server` or `valkey-server`; `install` installs a missing one by apt, if this runs as root. */
export async function findRedisServer(
  machine: Machine,
  { install }: { install: boolean },
): Promise<string | undefined> {
  const found = onPath(["redis-server", "valkey-server"], machine.env);
  if (found !== undefined || !install) return found;
  return (await installRedisServer(machine)) ? onPath(["redis-server"], machine.env) : undefined;
}

/** Installs the distribution's redis-server without starting its system service; false if that is not possible. */
async function installRedisServer({ env, log }: Machine): Promise<boolean> {
  const aptGet = onPath(["apt-get"], env);
  if (aptGet === undefined || process.getuid?.() !== 0) return false;
  log("No Redis here: installing redis-server with apt-get (its system service is not started).");
  const quiet = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" }, timeout: 600_000 };
  const install = () => run(aptGet, ["install", "-y", "--no-install-recommends", "redis-server"], quiet);
  try {
    await withoutServiceStart(async () => {
      await install().catch(async () => {
        await run(aptGet, ["update"], quiet);
        await install();
      });
    });
    return true;
  } catch (error) {
    log(`apt-get could not install redis-server: ${lastLine(error)}`);
    return false;
  }
}

async function withoutServiceStart(action: () => Promise<void>): Promise<void> {
  if (existsSync(policy)) return await action();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await action();
  } finally {
    rmSync(policy, { force: true });
  }
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && "stderr" in error && error.stderr !== "" ? error.stderr : error;
  return String(text).trim().split("\n").at(-1) ?? "";
}
