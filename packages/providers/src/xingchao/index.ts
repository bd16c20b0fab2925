import { pollOnce } from "../http/query.ts";
import { submitOnce } from "../http/submit.ts";
import type { Provider } from "../provider.ts";
import { generalRules } from "../rules/capability-rules.ts";
import { problemsOf } from "../rules/validation.ts";
import { capabilities } from "./capabilities.ts";
import { rulings } from "./errors.ts";
import { price } from "./price.ts";
import { mediaRules, rules } from "./rules.ts";
import { asset, upload } from "./uploads.ts";
import { createBody, createdId, createPath, progress, refusal, refusedWithin, resultPath } from "./wire.ts";

const dialect = { createdId, progress, refusal, refusedWithin, rulings };
const allRules = [...generalRules(capabilities), ...rules];

/** Xingchao: no idempotency key, no look-up, no callback, so that an unknown submit is settled by a person. */
export const xingchao: Provider = {
  capabilities,
  check: (request, reading) => problemsOf(allRules, request, reading),
  mediaRules,
  price,
  submit: (request, call) => submitOnce(dialect, call, async () => ({ path: createPath, body: createBody(request) })),
  poll: (taskId, call) => pollOnce(dialect, call, resultPath(taskId), taskId),
  upload,
  asset,
};
