import { createHmac } from "node:crypto";
import { randomInteger } from "../../random.ts";
import type { CallbackRules, View } from "../../vendor.ts";
import { failureOf, progressOf, result, statusOf, unixSeconds } from "./bodies.ts";

const second = 1_000;
const hour = 3_600 * second;

/** FOUND: the ends only, signed over id, time and body; during a rotation with both secrets. */
export const webhook: CallbackRules = {
  body(view) {
    const { task, phase } = view;
    const { clientId, model, echo } = task.order;
    const good = phase === "succeeded";
    return {
      id: eventId(view),
      type: good ? "generation.completed" : "generation.failed",
      // INVENTED: the field is named, its value is not.
      api_version: "v1",
      created_at: unixSeconds(task.endedAt || task.acceptedAt),
      data: {
        task_id: task.id,
        client_business_id: clientId ?? null,
        task_type: "video",
        model,
        status: statusOf(view),
        progress: progressOf(view),
        result: good ? result(view) : null,
        error: good ? null : failureOf(view),
        submitted_at: unixSeconds(task.acceptedAt),
        finished_at: unixSeconds(task.endedAt || task.acceptedAt),
        // INFERRED: it is passed through, but no document says where it comes out.
        ...echo,
      },
    };
  },
  headers({ view, raw, secrets, nowMs }) {
    const [id, timestamp] = [eventId(view), String(unixSeconds(nowMs))];
    return {
      "user-agent": "ToAPIs-Webhook/1.0",
      "x-toapis-webhook-id": id,
      "x-toapis-webhook-timestamp": timestamp,
      "x-toapis-webhook-signature": secrets
        .map((secret) => `v1=${hmac(secret, `${id}.${timestamp}.${raw}`)}`)
        .join(","),
    };
  },
  // FOUND: at once, then about 10 s, 30 s, 2 min, 10 min, 1 h, 6 h, 24 h.
  retryDelaysMs: () => [10 * second, 30 * second, 120 * second, 600 * second, hour, 6 * hour, 24 * hour],
  answerTimeoutMs: 10 * second,
};

/** The same over all tries of one event, as the dedupe key must be. */
function eventId({ task, phase }: View): string {
  return `evt_${task.id.slice(-16).toLowerCase()}${randomInteger(task.chance, "event", phase).toString(16).padStart(8, "0")}`;
}

function hmac(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}
