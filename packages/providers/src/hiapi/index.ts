import { problemsOf } from "../checking.ts";
import { generalRules } from "../general-rules.ts";
import { pollOnce } from "../look.ts";
import { inlined } from "../media.ts";
import type { Provider } from "../provider.ts";
import { submitOnce } from "../settle.ts";
import { readCallback } from "./callback.ts";
import { capabilities } from "./capabilities.ts";
import { rulings } from "./failures.ts";
import { mediaRules } from "./media-rules.ts";
import { price } from "./price.ts";
import { rules } from "./rules.ts";
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
