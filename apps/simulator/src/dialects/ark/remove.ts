import { json } from "../../answer.ts";
import type { Route } from "../../dialect.ts";
import { failure } from "./refuse.ts";

/** FOUND: cancels what waits, refuses what runs, forgets what has ended. */
export const remove: Route = {
  method: "DELETE",
  path: "/api/v3/contents/generations/tasks/:id",
  use: "query",
  handle(visit, world, dialect) {
    const task = world.taskOf(dialect, visit.account, visit.params.id ?? "");
    if (!task) return world.refuse(dialect, { kind: "unknown-task" });
    switch (world.tasks.phase(task)) {
      case "queued":
        // Not awaited: nobody's callback may hold up the answer.
        void world.tasks.end(task, "cancelled");
        return json(200, {});
      case "running":
      case "archiving": {
        const message = `Cannot delete task \`${task.id}\` because it is currently running.`;
        return failure(409, "InvalidAction.RunningTaskDeletion", message);
      }
      case "cancelled":
        // INFERRED: refused it is, under which code is not known.
        return failure(
          409,
          "InvalidAction.CancelledTaskDeletion",
          `Cannot delete task \`${task.id}\`: it is cancelled.`,
        );
      case "succeeded":
      case "failed":
      case "expired":
        task.deleted = true;
        return json(200, {});
    }
  },
};
