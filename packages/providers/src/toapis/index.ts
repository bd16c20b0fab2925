import { defineProvider } from "../define-provider.ts";
import { callbacksOf } from "../http/callback.ts";
import { httpGet, toNoAnswer } from "../http/query.ts";
import { pricePerSecond } from "../pricing.ts";
import type { Call, LookupResult } from "../provider.ts";
import { capabilities } from "./capabilities.ts";
import { requestErrors, taskErrors } from "./errors.ts";
import { fileRules, rules } from "./rules.ts";
import { asset, upload } from "./uploads.ts";
import { callbackFormat, createBody, createdId, createPath, foundBy, readTask, refusal, taskPath } from "./wire.ts";

const api = { createdId, taskPath, readTask, refusal, requestErrors, taskErrors };

/**
 * ToAPIs: a lookup by the client id, which every task carries, finds the task of an unknown submit or proves its
 * absence.
 */
export const toapis = defineProvider({
  capabilities,
  rules,
  fileRules,
  price: pricePerSecond(capabilities),
  api,
  create: (request, call) => ({ path: createPath, body: createBody(request, call) }),
  reconcile: [{ by: "clientId", lookup }, { by: "callback" }],
  callbacks: callbacksOf(callbackFormat),
  uploads: { upload, asset },
});

async function lookup(clientId: string, call: Call): Promise<LookupResult> {
  const outcome = await httpGet(api, call, taskPath(clientId), (body) => foundBy(body, clientId));
  if (outcome.kind === "missing") return { kind: "absent", message: outcome.message };
  return outcome.kind === "refused" ? toNoAnswer(outcome) : outcome;
}
