import { z } from "zod";
import type { Endpoint } from "../../endpoints.ts";
import { json } from "../../http.ts";
import { statusBody, words } from "./bodies.ts";
import { failure } from "./refuse.ts";

const page = z.coerce.number().int().min(1).max(500);
const many = z.union([z.string().transform((id) => [id]), z.array(z.string())]);

const querySchema = z.object({
  page_num: page.default(1),
  page_size: page.default(20),
  // INFERRED: also expired, which the page does not list.
  "filter.status": z.enum(["queued", "running", "cancelled", "succeeded", "failed", "expired"]).optional(),
  // DOCUMENTED: the parameter is repeated for several ids.
  "filter.task_ids": many.optional(),
  "filter.model": z.string().optional(),
  "filter.service_tier": z.enum(["default", "flex"]).optional(),
});

/** DOCUMENTED: the tasks of the last seven days, with filters. INFERRED: newest first. */
export const list: Endpoint = {
  method: "GET",
  path: "/api/v3/contents/generations/tasks",
  kind: "query",
  handle({ simulation, account, query }) {
    const parsed = querySchema.safeParse(query);
    if (!parsed.success) {
      const field = parsed.error.issues[0]?.path.join(".") ?? "";
      const problem = `The parameter \`${field}\` specified in the request is not valid.`;
      return failure(400, "InvalidParameter", problem, field);
    }
    const { page_num, page_size, "filter.status": status, "filter.task_ids": ids, "filter.model": model } = parsed.data;
    const found = simulation
      .tasksOf(account)
      .filter(
        (task) =>
          (status === undefined || words[simulation.tasks.phase(task)] === status) &&
          (ids === undefined || ids.includes(task.id)) &&
          (model === undefined || task.order.model === model) &&
          parsed.data["filter.service_tier"] !== "flex",
      );
    const shown = found.slice((page_num - 1) * page_size, page_num * page_size);
    return json(200, { items: shown.map((task) => statusBody(simulation.view(task))), total: found.length });
  },
};

/** DOCUMENTED: cancels a queued task, refuses a running one, deletes the record of one that has ended. */
export const remove: Endpoint = {
  method: "DELETE",
  path: "/api/v3/contents/generations/tasks/:id",
  kind: "query",
  handle({ simulation, account, params, refuse }) {
    const task = simulation.taskOf(account, params.id ?? "");
    if (!task) return refuse({ kind: "unknown-task" });
    const kept = `Cannot delete task \`${task.id}\``;
    const phase = simulation.tasks.phase(task);
    if (phase === "running" || phase === "archiving") {
      return failure(409, "InvalidAction.RunningTaskDeletion", `${kept} because it is currently running.`);
    }
    // DOCUMENTED: refused. INFERRED: the code.
    if (phase === "cancelled") return failure(409, "InvalidAction.CancelledTaskDeletion", `${kept}: it is cancelled.`);
    // Not awaited: the callback must not delay the answer.
    if (phase === "queued") void simulation.tasks.end(task, "cancelled");
    else task.deleted = true;
    return json(200, {});
  },
};
