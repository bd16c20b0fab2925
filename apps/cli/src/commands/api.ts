import { existsSync } from "node:fs";
import { join } from "node:path";
import { ApiError, type Client, createClient } from "@reelqueue/client";
import { readEnv } from "../env.ts";

export interface Api {
  client: Client;
  url: string;
}

/** The API of REELQUEUE_URL, by default that of `npm start` on this machine. */
export function connect(): Api {
  const { url, key } = readEnv().api;
  return { url, client: createClient({ url, ...(key !== undefined && { key }) }) };
}

/** Whether the API answered that the object does not exist for this tenant. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.code === "not_found";
}

/** The location of the `n`th output, stored under `key`, of the generation `id`. */
export type FileOf = (id: string, key: string, n: number) => string;

/** Locates outputs by their path if the output folder is on this machine, else by their URL at the API. */
export async function filesOf({ client, url }: Api): Promise<FileOf> {
  const directory = await client.installation().then(
    ({ outputsDirectory }) => (existsSync(outputsDirectory) ? outputsDirectory : undefined),
    () => undefined,
  );
  return (id, key, n) => (directory === undefined ? `${url}/v1/generations/${id}/outputs/${n}` : join(directory, key));
}
