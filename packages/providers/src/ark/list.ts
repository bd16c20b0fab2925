import { z } from "zod";
import type { ErrorFormat } from "../http/errors.ts";
import { amount, taskId, text } from "../http/fields.ts";
import { httpGet, toNoAnswer } from "../http/query.ts";
import type { Call, Candidate, CandidatePage, LostSubmit, TaskList, TaskPage } from "../provider.ts";
import { isUnmarked, markOf, modelName, tasksPath } from "./wire.ts";

const pageSize = 500;

/** The reconciliation by the list of tasks. */
export function taskList(format: ErrorFormat): TaskList {
  return {
    by: "taskList",
    async candidates(lost, call) {
      const outcome = await httpGet(format, call, listPath(lost.page), (body) => candidatesIn(body, lost, call));
      return outcome.kind === "missing" || outcome.kind === "refused" ? toNoAnswer(outcome) : outcome;
    },
    async tasks(page, call) {
      const outcome = await httpGet(format, call, listPath(page), (body) => tasksIn(body, page));
      return outcome.kind === "missing" || outcome.kind === "refused" ? toNoAnswer(outcome) : outcome;
    },
  };
}

/** Without a filter: `filter.model` takes the id of an endpoint, not of a model (DOCUMENTED). */
function listPath(page: number): string {
  return `${tasksPath}?page_num=${page}&page_size=${pageSize}`;
}

const item = z.object({
  id: taskId,
  created_at: z.number().positive(),
  model: text,
  resolution: text,
  duration: amount,
  execution_expires_after: amount,
});
type Item = z.output<typeof item>;
/** One unreadable item makes the page unreadable, because it may be the task in question. */
const page = z.object({ items: z.array(item), total: amount });

/** The tasks on this page that the lost POST may have made; undefined if the page is unreadable. */
function candidatesIn(body: unknown, lost: LostSubmit, call: Call): CandidatePage | undefined {
  const parsed = page.safeParse(body).data;
  if (!parsed) return undefined;
  const candidates = parsed.items.flatMap((task) => candidate(task, lost, call));
  return { kind: "listed", candidates, more: hasMore(parsed, lost) };
}

/** All tasks on this page; undefined if it is unreadable. */
export function tasksIn(body: unknown, pageNumber: number): Extract<TaskPage, { kind: "listed" }> | undefined {
  const parsed = page.safeParse(body).data;
  if (!parsed) return undefined;
  const tasks = parsed.items.map(({ id, created_at }) => ({ taskId: id, createdAtMs: created_at * 1_000 }));
  return { kind: "listed", tasks, more: tasks.length > 0 && !isLast(parsed, pageNumber) };
}

function candidate(task: Item, lost: LostSubmit, call: Call): Candidate[] {
  const createdAtMs = task.created_at * 1_000;
  // Ark reports whole seconds.
  if (createdAtMs + 999 < lost.sinceMs || contradicts(task, lost, call)) return [];
  const mark = task.execution_expires_after;
  if (mark === markOf(lost.request, lost.idempotencyKey))
    return [{ taskId: task.id, createdAtMs, likeness: "certain" }];
  return isUnmarked(mark) ? [{ taskId: task.id, createdAtMs, likeness: "possible" }] : [];
}

/** Compares only the fields that Ark repeats unchanged: a wrong exclusion leads to a second charge. */
function contradicts({ model, resolution, duration }: Item, { request }: LostSubmit, call: Call): boolean {
  const own = family(modelName(request.model, call));
  if (model !== undefined && family(model) !== own) return true;
  if (resolution !== undefined && resolution.toLowerCase() !== request.resolution) return true;
  // The duration of a finished task is the length of the video, rounded down (DOCUMENTED).
  return (
    duration !== undefined && duration > 0 && request.seconds !== "auto" && Math.abs(duration - request.seconds) > 1
  );
}

/** The two hosts name the same model differently. */
function family(model: string): string {
  return model.replace(/^(doubao|dreamina)-/, "");
}

/** No document states that the newest tasks come first; a page with descending times shows it. */
function hasMore({ items, total }: z.output<typeof page>, { page: pageNumber, sinceMs }: LostSubmit): boolean {
  if (isLast({ items, total }, pageNumber) || items.length === 0) return false;
  const times = items.map(({ created_at }) => created_at * 1_000);
  const isDescending = times.every((time, i) => i === 0 || time <= (times[i - 1] ?? time));
  return !(isDescending && times.length > 1 && (times.at(-1) ?? 0) + 999 < sinceMs);
}

function isLast({ items, total }: z.output<typeof page>, pageNumber: number): boolean {
  return total === undefined ? items.length < pageSize : total <= pageNumber * pageSize;
}
