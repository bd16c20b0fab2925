import { z } from "zod";
import { faultNames, type Plan } from "./faults.ts";
import type { Task } from "./tasks.ts";
import type { World } from "./world.ts";

/** One task as one simulator tells it to the next: ages instead of times, so that it goes on as old as it was. */
const taskSnapshot = z.strictObject({
  id: z.string().min(1),
  number: z.int().positive(),
  dialect: z.string().min(1),
  key: z.string().min(1),
  order: z.custom<Task["order"]>((value) => typeof value === "object" && value !== null),
  marker: z.string().optional(),
  luck: z.number(),
  /** How often each planned fault may still happen; null: always. */
  faults: z.partialRecord(z.enum(faultNames), z.number().nullable()),
  ageMs: z.number().nonnegative(),
  failure: z.enum(["upstream", "silent", "moderation"]).optional(),
  stopped: z.enum(["cancelled", "expired"]).optional(),
  deleted: z.boolean(),
  /** The key that its client sent, and the hash of the body that came with it. */
  idempotency: z.strictObject({ key: z.string(), bodyHash: z.string() }).optional(),
});

/** Tasks, oldest first. Uploaded files, assets, counters of faults and the log are no part of it. */
export const snapshotSchema = z.array(taskSnapshot);
export type TaskSnapshot = z.output<typeof taskSnapshot>;

export function snapshot(world: World): TaskSnapshot[] {
  const now = world.clock.now();
  const keys = new Map([...world.keys.all()].map(({ task, key, bodyHash }) => [task, { key, bodyHash }]));
  return [...world.tasks.all()].map((task) => {
    const { id, number, account, order, marker, luck, plan, acceptedAt, failure, stopped, deleted } = task;
    const left = [...(plan ?? [])].map(([name, counter]) => [
      name,
      Number.isFinite(counter.left) ? counter.left : null,
    ]);
    const idempotency = keys.get(task);
    return {
      ...{ id, number, dialect: account.dialect, key: account.key, order, luck, ageMs: now - acceptedAt, deleted },
      faults: Object.fromEntries(left),
      ...(marker !== undefined && { marker }),
      ...(failure !== undefined && { failure }),
      ...(stopped !== undefined && { stopped }),
      ...(idempotency !== undefined && { idempotency }),
    };
  });
}

/** Takes the tasks of another simulator over, charged as they were; with the same options each of them ends as it would have ended there. */
export function adopt(world: World, tasks: readonly TaskSnapshot[]): void {
  for (const { dialect: name, key, faults, ageMs, failure, stopped, deleted, idempotency, ...given } of tasks) {
    const dialect = [...world.dialects].find((each) => each.name === name);
    if (!dialect) throw new Error(`snapshot: no dialect ${name}`);
    const account = world.accounts.of(dialect, key);
    const plan: Plan = new Map(
      faultNames.flatMap((fault) => {
        const left = faults[fault];
        return left === undefined ? [] : [[fault, { left: left ?? Number.POSITIVE_INFINITY }]];
      }),
    );
    const acceptedAt = world.clock.now() - ageMs;
    const task = world.tasks.start(
      { ...given, marker: given.marker, account, plan: plan.size > 0 ? plan : undefined },
      acceptedAt,
    );
    Object.assign(task, { failure, deleted });
    world.numberFrom(task.number);
    world.bill.charge(task);
    if (idempotency) world.keys.restore(account, idempotency, task);
    if (stopped) void world.tasks.end(task, stopped);
  }
}
