import type { Endpoint } from "../../endpoints.ts";
import { json } from "../../http.ts";
import { failure } from "./refuse.ts";

/** DOCUMENTED: cancels a queued task, refuses a running one, deletes the record of one that has ended. */
export const remove: Endpoint = {
  method: "DELETE",
  path: "/api/v3/contents/generations/tasks/:id",
  kind: "query",
  handle({ simulation, account, params, refuse }) {
    const task = simulation.taskOf(account, params.id ?? "");
    if (!task) return refuse({ kind: "unknown-task" });
    switch (simulation.tasks.phase(task)) {
      case "queued":
        // Not awaited: the callback must not delay the answer.
        void simulation.tasks.end(task, "cancelled");
        return json(200, {});
      case "running":
      case "archiving": {
        const message = `Cannot delete task \`${task.id}\` because it is currently running.`;
        return failure(409, "InvalidAction.RunningTaskDeletion", message);
      }
      case "cancelled":
        // DOCUMENTED: refused. INFERRED: the code.
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
