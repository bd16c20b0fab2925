import { pollOnce } from "../http/query.ts";
import { submitOnce } from "../http/submit.ts";
import type { Provider } from "../provider.ts";
import { generalRules } from "../rules/capability-rules.ts";
import { inlined } from "../rules/media.ts";
import { problemsOf } from "../rules/validation.ts";
import { readCallback } from "./callback.ts";
import { capabilities } from "./capabilities.ts";
import { rulings } from "./errors.ts";
import { price } from "./price.ts";
import { mediaRules, rules } from "./rules.ts";
import { createBody, createdId, createPath, progress, refusal, taskPath } from "./wire.ts";

const dialect = {
  createdId,
  progress,
  refusal,
  rulings,
  /** FOUND: docs.hiapi.ai rate-limits, 10 MB. */
  maxBodyBytes: { bytes: 10_000_000, rule: "H-V12" },
};
const allRules = [...generalRules(capabilities), ...rules];

/** HiAPI: the same idempotency key again settles an unknown submit for about a day. */
export const hiapi: Provider = {
  capabilities,
  check: (request, reading) => problemsOf(allRules, request, reading),
  mediaRules,
  price,
  submit: (request, call) =>
    submitOnce(dialect, call, async () => ({
      path: createPath,
      headers: { "idempotency-key": call.idempotencyKey },
      body: createBody(await inlined(request, (url) => call.dataUri(url)), call.callbackUrl),
    })),
  poll: (taskId, call) => pollOnce(dialect, call, taskPath(taskId), taskId),
  callback: readCallback,
};
