import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@reelqueue/client";

export type FileOf = (id: string, key: string, n: number) => string;

/** Names a kept file by its path where it lies on this machine, else by its address at the API. */
export async function filesOf(client: Client, url: string): Promise<FileOf> {
  const directory = await client.installation().then(
    ({ outputsDirectory }) => (existsSync(outputsDirectory) ? outputsDirectory : undefined),
    () => undefined,
  );
  return (id, key, n) => (directory === undefined ? `${url}/v1/generations/${id}/outputs/${n}` : join(directory, key));
}
