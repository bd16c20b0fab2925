import type * as ledger from "@reelqueue/ledger";
import type { Evidence, Finding, PaidTask } from "./evidence.ts";

interface Joined {
  marker: string;
  found: ledger.Found | undefined;
  tasks: readonly PaidTask[];
  /** Tasks that neither the record nor the orphans name. */
  unaccounted: readonly PaidTask[];
  orphaned: readonly PaidTask[];
}

/** I2, I3 and I16: joins the provider's bill with the ledger by the marker in each prompt. */
export function money(evidence: Evidence): Finding[] {
  const joined = join(evidence);
  return [
    atMostOnce(joined),
    accountedFor(joined),
    ownTasks(evidence),
    endsAgree(evidence, joined),
    balanced(evidence, joined),
  ];
}

function join({ rows, records, tasks, orphans }: Evidence): Joined[] {
  const byMarker = Map.groupBy(tasks, ({ marker }) => marker);
  const foundOf = new Map([...records.values()].map((found) => [markerOf(found), found] as const));
  const orphanIds = new Set(orphans.map(({ task }) => task));
  return rows.map(({ marker }) => {
    const [own, found] = [byMarker.get(marker) ?? [], foundOf.get(marker)];
    const known = new Set(found === undefined ? [] : tasksOf(found.record));
    const unaccounted = own.filter(({ id }) => !known.has(id) && !orphanIds.has(id));
    return {
      marker,
      found,
      tasks: own,
      unaccounted,
      orphaned: own.filter(({ id }) => orphanIds.has(id) && !known.has(id)),
    };
  });
}

/** A generation may have as many tasks as attempts. */
function atMostOnce(joined: Joined[]): Finding {
  return {
    promise: "I2",
    what: "no attempt has more than one task at the provider",
    checked: joined.length,
    broken: joined
      .filter(({ tasks, found }) => tasks.length > (found?.record.attempt ?? 0))
      .map(({ marker, tasks, found }) => {
        const { state = "no record", attempt = 0 } = found?.record ?? {};
        return `${marker} (${found?.id}, ${state}): ${tasks.length} tasks for ${attempt} attempts`;
      }),
    unknown: 0,
  };
}

const undecided = ["unknown", "needs_review", "submitting"];

function accountedFor(joined: Joined[]): Finding {
  const open = joined.filter(({ unaccounted, found }) => unaccounted.length > 0 && isOpen(found));
  return {
    promise: "I3",
    what: "every task is in its record or among the orphans, or its generation is still undecided",
    checked: joined.reduce((sum, { tasks }) => sum + tasks.length, 0),
    broken: joined
      .filter(({ unaccounted, found }) => unaccounted.length > 0 && !isOpen(found))
      .map(
        ({ marker, found, unaccounted }) =>
          `${marker} (${found?.id}, ${found?.record.state}): unaccounted tasks ${unaccounted.map(({ id }) => id).join(" ")}`,
      ),
    unknown: open.length,
  };
}

function isOpen(found: ledger.Found | undefined): boolean {
  if (found === undefined || !undecided.includes(found.record.state)) return false;
  return found.record.state === "submitting" || found.record.unknownReason !== undefined;
}

/** A record names only tasks that were created for it. */
function ownTasks({ records, tasks }: Evidence): Finding {
  const markers = new Map(tasks.map(({ id, marker }) => [id, marker]));
  const named = [...records.values()].flatMap((found) =>
    tasksOf(found.record).map((task) => ({ task, own: markerOf(found), id: found.id })),
  );
  const twice = Map.groupBy(named, ({ task }) => task);
  return {
    promise: "I2",
    what: "every task in a record was created for it and is in one record only",
    checked: named.length,
    broken: [
      ...named
        .filter(({ task, own }) => markers.get(task) !== own)
        .map(({ task, id }) => `${id} has ${task}, which belongs to another generation`),
      ...[...twice].filter(([, all]) => all.length > 1).map(([task, all]) => `${task} is in ${all.length} records`),
    ],
    unknown: 0,
  };
}

/** A generation ends as its task ended: a paid video that exists is not given up. */
function endsAgree({ tasks }: Evidence, joined: Joined[]): Finding {
  const ended = joined.filter(({ found }) => found?.record.state === "succeeded" || found?.record.state === "failed");
  const stateOf = new Map(tasks.map(({ id, state }) => [id, state]));
  const broken = ended.flatMap(({ marker, found }) => {
    const { state, taskId, failure } = found?.record ?? ({} as Partial<ledger.GenerationRecord>);
    const kind = failure?.class ?? "";
    const actual = taskId === undefined ? "none" : stateOf.get(taskId);
    const expected = state === "succeeded" ? "succeeded" : endOf[kind];
    return expected === undefined || actual === expected
      ? []
      : [`${marker} (${found?.id}) is ${state} ${kind}, its task: ${actual}`];
  });
  return {
    promise: "I3",
    what: "a generation ends as its task ended",
    checked: ended.length,
    broken,
    unknown: 0,
  };
}

/** State of the task by failure class; other classes imply nothing. */
const endOf: Record<string, string> = {
  rejected: "none",
  upstream: "failed",
  moderation: "failed",
  unclassified: "failed",
  output_lost: "succeeded",
};

function balanced(evidence: Evidence, joined: Joined[]): Finding {
  const { tasks } = evidence;
  const attached = joined.reduce((sum, { found }) => sum + (found ? tasksOf(found.record).length : 0), 0);
  const orphaned = joined.reduce((sum, { orphaned: list }) => sum + list.length, 0);
  const open = joined
    .filter(({ found }) => isOpen(found))
    .reduce((sum, { unaccounted }) => sum + unaccounted.length, 0);
  const sum = attached + orphaned + open;
  return {
    promise: "I16",
    what: `charges of the provider = tasks in records + orphans + undecided (${attached} + ${orphaned} + ${open})`,
    checked: tasks.length,
    broken: sum === tasks.length ? [] : [`the provider charged ${tasks.length} tasks, the ledger accounts for ${sum}`],
    unknown: open,
  };
}

export function tasksOf({ taskId, previousTaskIds = [] }: ledger.GenerationRecord): string[] {
  return taskId === undefined ? previousTaskIds : [...previousTaskIds, taskId];
}

export function markerOf({ request }: ledger.Found): string {
  return /\[\[marker:([^\]]+)\]\]/.exec(request.prompt ?? "")?.[1] ?? "";
}
