import { z } from "zod";
import type { Endpoint } from "../../endpoints.ts";
import { json } from "../../http.ts";
import { statusBody, statusOf } from "./bodies.ts";
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
      return failure(
        400,
        "InvalidParameter",
        `The parameter \`${field}\` specified in the request is not valid.`,
        field,
      );
    }
    const { page_num, page_size, "filter.status": wanted, "filter.task_ids": ids, "filter.model": model } = parsed.data;
    const found = simulation
      .tasksOf(account)
      .filter(
        (task) =>
          (wanted === undefined || statusOf(simulation.tasks.phase(task)) === wanted) &&
          (ids === undefined || ids.includes(task.id)) &&
          (model === undefined || task.order.model === model) &&
          parsed.data["filter.service_tier"] !== "flex",
      );
    const shown = found.slice((page_num - 1) * page_size, page_num * page_size);
    return json(200, { items: shown.map((task) => statusBody(simulation.view(task))), total: found.length });
  },
};
