import { join } from "node:path";
import { type App, spawnEntry } from "@reelqueue/testing";

const workspace = join(import.meta.dirname, "../../../..");

/** Entry file of an app. */
export const appFile = (name: string): string => join(workspace, "apps", name, "src", "main.ts");
/** Entry file of a bench process. */
export const entryFile = (name: string): string => join(import.meta.dirname, "../entries", `${name}.ts`);

/** Starts one measured process, with Node's `flags`; resolves when `/healthz` answers 200. */
export async function startChild(
  file: string,
  name: string,
  env: Record<string, string>,
  flags: readonly string[] = [],
): Promise<App> {
  const child = await spawnEntry(file, name, env, flags);
  await child.ready();
  return child;
}
