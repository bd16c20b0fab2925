import { randomInteger } from "../../random.ts";
import type { CallbackRules, View } from "../../vendor.ts";
import { hmac, unixSeconds } from "../answers.ts";
import { failureOf, progressOf, result, statusOf } from "./bodies.ts";

const second = 1_000;
const hour = 3_600 * second;

/** DOCUMENTED: only for ended tasks, signed over id, time and body; with both secrets during a rotation. */
export const webhook: CallbackRules = {
  body(view) {
    const { task, phase } = view;
    const { clientId, model, echo } = task.order;
    const succeeded = phase === "succeeded";
    return {
      id: eventId(view),
      type: succeeded ? "generation.completed" : "generation.failed",
      // INVENTED: the document names the field, but no value.
      api_version: "v1",
      created_at: unixSeconds(task.endedAt || task.acceptedAt),
      data: {
        task_id: task.id,
        client_business_id: clientId ?? null,
        task_type: "video",
        model,
        status: statusOf(view),
        progress: progressOf(view),
        result: succeeded ? result(view) : null,
        error: succeeded ? null : failureOf(view),
        submitted_at: unixSeconds(task.acceptedAt),
        finished_at: unixSeconds(task.endedAt || task.acceptedAt),
        // INFERRED: `trace_id` is passed through; no document says where it appears.
        ...echo,
      },
    };
  },
  headers({ view, raw, secrets, nowMs }) {
    const [id, timestamp] = [eventId(view), String(unixSeconds(nowMs))];
    const signatures = secrets.map((secret) => `v1=${hmac(secret, `${id}.${timestamp}.${raw}`)}`);
    return {
      "user-agent": "ToAPIs-Webhook/1.0",
      "x-toapis-webhook-id": id,
      "x-toapis-webhook-timestamp": timestamp,
      "x-toapis-webhook-signature": signatures.join(","),
    };
  },
  // DOCUMENTED: immediately, then after about 10 s, 30 s, 2 min, 10 min, 1 h, 6 h, 24 h.
  retryDelaysMs: () => [10 * second, 30 * second, 120 * second, 600 * second, hour, 6 * hour, 24 * hour],
  answerTimeoutMs: 10 * second,
};

/** The same for all attempts of one event: it is the deduplication key. */
function eventId({ task, phase }: View): string {
  return `evt_${task.id.slice(-16).toLowerCase()}${randomInteger(task.chance, "event", phase).toString(16).padStart(8, "0")}`;
}
