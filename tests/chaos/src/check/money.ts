import type * as ledger from "@reelqueue/ledger";
import { type Evidence, type Finding, finding } from "./evidence.ts";

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

type Joined = ReturnType<typeof join>;

function join({ rows, records, tasks, orphans }: Evidence) {
  const byMarker = Map.groupBy(tasks, ({ marker }) => marker);
  const foundOf = new Map([...records.values()].map((found) => [markerOf(found), found] as const));
  const orphanIds = new Set(orphans.map(({ task }) => task));
  return rows.map(({ marker }) => {
    const [own, found] = [byMarker.get(marker) ?? [], foundOf.get(marker)];
    const named = found === undefined ? [] : tasksOf(found.record);
    const others = own.filter(({ id }) => !named.includes(id));
    const unaccounted = others.filter(({ id }) => !orphanIds.has(id));
    return {
      marker,
      found,
      tasks: own,
      /** Ids of the tasks in the record. */
      named,
      orphaned: others.filter(({ id }) => orphanIds.has(id)),
      /** Tasks that neither the record nor the orphans name; `open`: of a generation that is still undecided. */
      unaccounted: isOpen(found) ? [] : unaccounted,
      open: isOpen(found) ? unaccounted : [],
    };
  });
}

/** A generation may have as many tasks as attempts. */
function atMostOnce(joined: Joined): Finding {
  const broken = joined
    .filter(({ tasks, found }) => tasks.length > (found?.record.attempt ?? 0))
    .map(({ marker, tasks, found }) => {
      const { state = "no record", attempt = 0 } = found?.record ?? {};
      return `${marker} (${found?.id}, ${state}): ${tasks.length} tasks for ${attempt} attempts`;
    });
  return finding("I2", "no attempt has more than one task at the provider", joined.length, broken);
}

function accountedFor(joined: Joined): Finding {
  const what = "every task is in its record or among the orphans, or its generation is still undecided";
  const broken = joined
    .filter(({ unaccounted }) => unaccounted.length > 0)
    .map(({ marker, found, unaccounted }) => {
      const tasks = unaccounted.map(({ id }) => id).join(" ");
      return `${marker} (${found?.id}, ${found?.record.state}): unaccounted tasks ${tasks}`;
    });
  const checked = joined.flatMap(({ tasks }) => tasks).length;
  return { ...finding("I3", what, checked, broken), unknown: joined.filter(({ open }) => open.length > 0).length };
}

const undecided = ["unknown", "needs_review", "submitting"];

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
  return finding("I2", "every task in a record was created for it and is in one record only", named.length, [
    ...named
      .filter(({ task, own }) => markers.get(task) !== own)
      .map(({ task, id }) => `${id} has ${task}, which belongs to another generation`),
    ...[...twice].filter(([, all]) => all.length > 1).map(([task, all]) => `${task} is in ${all.length} records`),
  ]);
}

/** A generation ends as its task ended: a paid video that exists is not given up. */
function endsAgree({ tasks }: Evidence, joined: Joined): Finding {
  const ended = joined.filter(({ found }) => found?.record.state === "succeeded" || found?.record.state === "failed");
  const stateOf = new Map(tasks.map(({ id, state }) => [id, state]));
  const broken = ended.flatMap(({ marker, found }) => {
    const { state, taskId, failure } = found?.record ?? ({} as Partial<ledger.GenerationRecord>);
    const kind = failure?.class ?? "";
    const actual = taskId === undefined ? "none" : stateOf.get(taskId);
    const isRefusedCreate = kind === "input_refused" && taskId === undefined;
    const expected = state === "succeeded" ? "succeeded" : isRefusedCreate ? "none" : endOf[kind];
    return expected === undefined || actual === expected
      ? []
      : [`${marker} (${found?.id}) is ${state} ${kind}, its task: ${actual}`];
  });
  return finding("I3", "a generation ends as its task ended", ended.length, broken);
}

/** State of the task by failure class; other classes imply nothing. */
const endOf: Record<string, string> = {
  rejected: "none",
  upstream: "failed",
  input_refused: "failed",
  output_refused: "failed",
  moderation: "failed",
  unclassified: "failed",
  output_lost: "succeeded",
};

function balanced({ tasks }: Evidence, joined: Joined): Finding {
  const attached = joined.flatMap(({ named }) => named).length;
  const orphaned = joined.flatMap((each) => each.orphaned).length;
  const unknown = joined.flatMap(({ open }) => open).length;
  const sum = attached + orphaned + unknown;
  const what = `charges of the provider = tasks in records + orphans + undecided (${attached} + ${orphaned} + ${unknown})`;
  const wrong = `the provider charged ${tasks.length} tasks, the ledger accounts for ${sum}`;
  return { ...finding("I16", what, tasks.length, sum === tasks.length ? [] : [wrong]), unknown };
}

export function tasksOf({ taskId, previousTaskIds = [] }: ledger.GenerationRecord): string[] {
  return taskId === undefined ? previousTaskIds : [...previousTaskIds, taskId];
}

export function markerOf({ request }: ledger.Found): string {
  return /\[\[marker:([^\]]+)\]\]/.exec(request.prompt ?? "")?.[1] ?? "";
}
