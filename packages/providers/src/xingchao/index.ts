import { problemsOf } from "../checking.ts";
import { generalRules } from "../general-rules.ts";
import { pollOnce } from "../look.ts";
import type { Provider } from "../provider.ts";
import { submitOnce } from "../settle.ts";
import { asset, upload } from "./assets.ts";
import { capabilities } from "./capabilities.ts";
import { rulings } from "./failures.ts";
import { mediaRules } from "./media-rules.ts";
import { price } from "./price.ts";
import { rules } from "./rules.ts";
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
