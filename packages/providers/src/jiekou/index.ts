import { defineProvider } from "../define-provider.ts";
import { capabilities } from "./capabilities.ts";
import { requestErrors, taskErrors } from "./errors.ts";
import { price } from "./price.ts";
import { fileRules, rules } from "./rules.ts";
import { createBody, createdId, createPath, readTask, refusal, taskPath } from "./wire.ts";

/** JieKou.AI: no idempotency key, no lookup, no callback; an operator resolves an unknown submit. */
export const jiekou = defineProvider({
  capabilities,
  rules,
  fileRules,
  price,
  api: { createdId, taskPath, readTask, refusal, requestErrors, taskErrors },
  create: (request) => ({ path: createPath, body: createBody(request) }),
  reconcile: [],
});
