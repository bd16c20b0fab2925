import { json } from "../../answer.ts";
import type { Route } from "../../dialect.ts";
import { enveloped, taskData } from "./render.ts";

const defaultSize = 20;
const largestSize = 100;

/** FOUND: the key's own tasks, newest first. INFERRED: the largest page. */
export const list: Route = {
  method: "GET",
  path: "/v1/tasks",
  use: "query",
  handle(visit, world, dialect) {
    const page = wholeNumber(visit.query.page, 1, Number.MAX_SAFE_INTEGER);
    const size = wholeNumber(visit.query.size, defaultSize, largestSize);
    const own = world.tasksOf(dialect, visit.account);
    const shown = own.slice((page - 1) * size, page * size);
    return json(
      200,
      enveloped({ page, size, total: own.length, tasks: shown.map((task) => taskData(world.view(task))) }),
    );
  },
};

function wholeNumber(text: unknown, otherwise: number, most: number): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 ? Math.min(value, most) : otherwise;
}
