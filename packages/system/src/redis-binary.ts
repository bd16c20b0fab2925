import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { installRedisServer } from "./redis-install.ts";

/** What this package may know and say of the machine it runs on. */
export interface Machine {
  /** Environment of the caller; every process that is started inherits it. */
  env: NodeJS.ProcessEnv;
  /** One calm line for the person at the terminal. */
  log: (line: string) => void;
}

/** The path of `redis-server` or `valkey-server`; as root on an apt system it is installed when it is missing. */
export async function findRedisServer(
  machine: Machine,
  { install }: { install: boolean },
): Promise<string | undefined> {
  const found = onPath(["redis-server", "valkey-server"], machine.env);
  if (found !== undefined || !install) return found;
  return (await installRedisServer(machine)) ? onPath(["redis-server"], machine.env) : undefined;
}

/** The first of these programs that stands on PATH. */
export function onPath(names: string[], env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(runs);
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
