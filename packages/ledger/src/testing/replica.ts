import type { Cell } from "../cell.ts";

/** All keys of a cell, as a replica has them that gets no writes from here on. */
export async function cutOffReplica({ redis, prefix }: Cell): Promise<ReadonlyMap<string, Buffer>> {
  const names = await redis.keys(`${prefix}:*`);
  const values = await Promise.all(names.map((name) => redis.dumpBuffer(name)));
  return new Map(names.flatMap((name, i) => (values[i] ? [[name, values[i]] as const] : [])));
}

/** The replica takes over: what was written since is lost. */
export async function takeOver({ redis, prefix }: Cell, replica: ReadonlyMap<string, Buffer>): Promise<void> {
  await redis.del(...(await redis.keys(`${prefix}:*`)));
  await Promise.all([...replica].map(([name, value]) => redis.restore(name, 0, value)));
}
