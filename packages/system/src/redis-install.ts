import { execFile } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { type Machine, onPath } from "./redis-binary.ts";

const run = promisify(execFile);
/** Debian asks this program before it starts the service of a new package; 101 means "do not". */
const policy = "/usr/sbin/policy-rc.d";

/** As root on an apt system: installs the distribution's redis-server, and does not let its system service start. */
export async function installRedisServer({ env, log }: Machine): Promise<boolean> {
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
