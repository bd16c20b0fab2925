import { defineProvider } from "../define-provider.ts";
import { pricePerSecond } from "../pricing.ts";
import { capabilities } from "./capabilities.ts";
import { requestErrors, taskErrors } from "./errors.ts";
import { fileRules, rules } from "./rules.ts";
import { asset, upload } from "./uploads.ts";
import { createBody, createdId, createPath, readTask, refusal, refusedWithin, taskPath } from "./wire.ts";

/**
 * Xingchao: no idempotency key, no lookup, no callback; an operator resolves an unknown submit. No price is published.
 */
export const xingchao = defineProvider({
  capabilities,
  rules,
  fileRules,
  price: pricePerSecond(capabilities),
  api: { createdId, taskPath, readTask, refusal, refusedWithin, requestErrors, taskErrors },
  create: (request) => ({ path: createPath, body: createBody(request) }),
  reconcile: [],
  uploads: { upload, asset },
});
