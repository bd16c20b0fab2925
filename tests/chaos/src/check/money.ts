import type * as ledger from "@reelqueue/ledger";
import type { Evidence, PaidTask } from "./evidence.ts";
import type { Finding } from "./finding.ts";

interface Joined {
  marker: string;
  found: ledger.Found | undefined;
  tasks: readonly PaidTask[];
  /** Tasks that neither the record nor the orphans name. */
  nameless: readonly PaidTask[];
  orphaned: readonly PaidTask[];
}

/** I2, I3 and I16: the provider's bill joined with the ledger by the marker in each prompt. */
export function money(evidence: Evidence): Finding[] {
  const joined = join(evidence);
  return [
    atMostOnce(joined),
    notForgotten(joined),
    stranger(evidence),
    agreed(evidence, joined),
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
    const nameless = own.filter(({ id }) => !known.has(id) && !orphanIds.has(id));
    return {
      marker,
      found,
      tasks: own,
      nameless,
      orphaned: own.filter(({ id }) => orphanIds.has(id) && !known.has(id)),
    };
  });
}

/** Each attempt may be paid once, so a generation may be paid as often as it has attempts. */
function atMostOnce(joined: Joined[]): Finding {
  return {
    promise: "I2",
    what: "no attempt has more than one task at the provider",
    checked: joined.length,
    broken: joined
      .filter(({ tasks, found }) => tasks.length > (found?.record.attempt ?? 0))
      .map(({ marker, tasks, found }) => {
        const { state = "not there", attempt = 0 } = found?.record ?? {};
        return `${marker} (${found?.id}, ${state}): ${tasks.length} tasks for ${attempt} attempts`;
      }),
    unknown: 0,
  };
}

const undecided = ["unknown", "needs_review", "submitting"];

function notForgotten(joined: Joined[]): Finding {
  const open = joined.filter(({ nameless, found }) => nameless.length > 0 && isOpen(found));
  return {
    promise: "I3",
    what: "every task is in its record, among the orphans, or its generation is open with evidence",
    checked: joined.reduce((sum, { tasks }) => sum + tasks.length, 0),
    broken: joined
      .filter(({ nameless, found }) => nameless.length > 0 && !isOpen(found))
      .map(
        ({ marker, found, nameless }) =>
          `${marker} (${found?.id}, ${found?.record.state}): nobody knows ${nameless.map(({ id }) => id).join(" ")}`,
      ),
    unknown: open.length,
  };
}

function isOpen(found: ledger.Found | undefined): boolean {
  if (found === undefined || !undecided.includes(found.record.state)) return false;
  return found.record.state === "submitting" || found.record.unknownReason !== undefined;
}

/** A record may only name tasks that the provider made for it. */
function stranger({ records, tasks }: Evidence): Finding {
  const markers = new Map(tasks.map(({ id, marker }) => [id, marker]));
  const named = [...records.values()].flatMap((found) =>
    tasksOf(found.record).map((task) => ({ task, own: markerOf(found), id: found.id })),
  );
  const twice = Map.groupBy(named, ({ task }) => task);
  return {
    promise: "I2",
    what: "every task that a record names was made for it, and is named once",
    checked: named.length,
    broken: [
      ...named
        .filter(({ task, own }) => markers.get(task) !== own)
        .map(({ task, id }) => `${id} names ${task}, which is another's`),
      ...[...twice].filter(([, all]) => all.length > 1).map(([task, all]) => `${task} is named ${all.length} times`),
    ],
    unknown: 0,
  };
}

/** How a generation ended must be how its task ended: a video that was paid for and made is not given up. */
function agreed({ tasks }: Evidence, joined: Joined[]): Finding {
  const ended = joined.filter(({ found }) => found?.record.state === "succeeded" || found?.record.state === "failed");
  const stateOf = new Map(tasks.map(({ id, state }) => [id, state]));
  const broken = ended.flatMap(({ marker, found }) => {
    const { state, taskId, failure } = found?.record ?? ({} as Partial<ledger.GenerationRecord>);
    const kind = failure?.class ?? "";
    const said = taskId === undefined ? "nothing" : stateOf.get(taskId);
    const expected = state === "succeeded" ? "succeeded" : endOf[kind];
    return expected === undefined || said === expected
      ? []
      : [`${marker} (${found?.id}) ${state} ${kind}, but its task ${said}`];
  });
  return {
    promise: "I3",
    what: "how a generation ended is how its task ended",
    checked: ended.length,
    broken,
    unknown: 0,
  };
}

/** What the provider must say of the task, by the class of the failure; of the other classes nothing follows. */
const endOf: Record<string, string> = {
  rejected: "nothing",
  upstream: "failed",
  moderation: "failed",
  unclassified: "failed",
  output_lost: "succeeded",
};

function balanced(evidence: Evidence, joined: Joined[]): Finding {
  const { tasks } = evidence;
  const attached = joined.reduce((sum, { found }) => sum + (found ? tasksOf(found.record).length : 0), 0);
  const orphaned = joined.reduce((sum, { orphaned: list }) => sum + list.length, 0);
  const open = joined.filter(({ found }) => isOpen(found)).reduce((sum, { nameless }) => sum + nameless.length, 0);
  const sum = attached + orphaned + open;
  return {
    promise: "I16",
    what: `charges of the provider = tasks in records + orphans + open questions (${attached} + ${orphaned} + ${open})`,
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
