import { defineProvider } from "../define-provider.ts";
import { callbacksOf } from "../http/callback.ts";
import { pricePerSecond } from "../pricing.ts";
import { capabilities, idempotencyLifeMs } from "./capabilities.ts";
import { requestErrors, taskErrors } from "./errors.ts";
import { fileRules, rules } from "./rules.ts";
import { callbackFormat, createBody, createdId, createPath, readTask, refusal, taskPath } from "./wire.ts";

/** HiAPI: a POST with the same idempotency key resolves an unknown submit, for about a day. */
export const hiapi = defineProvider({
  capabilities,
  rules,
  fileRules,
  price: pricePerSecond(capabilities),
  api: {
    createdId,
    taskPath,
    readTask,
    refusal,
    requestErrors,
    taskErrors,
    /** DOCUMENTED: docs.hiapi.ai rate-limits, 10 MB. */
    maxBodyBytes: { bytes: 10_000_000, rule: "H-V12" },
  },
  create: (request, call) => ({
    path: createPath,
    headers: { "idempotency-key": call.idempotencyKey },
    body: createBody(request, call.callbackUrl),
  }),
  reconcile: [{ by: "idempotencyKey", lifeMs: idempotencyLifeMs }, { by: "callback" }],
  callbacks: callbacksOf(callbackFormat),
});
