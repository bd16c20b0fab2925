import { lookOnce, pollOnce, unanswered } from "../http/query.ts";
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
import { asset, upload } from "./uploads.ts";
import { createBody, createdId, createPath, foundBy, progress, refusal, taskPath } from "./wire.ts";

const dialect = { createdId, progress, refusal, rulings };
const allRules = [...generalRules(capabilities), ...rules];

/** ToAPIs: every task carries our own id, by which an unknown submit is found or proven absent. */
export const toapis: Provider = {
  capabilities,
  check: (request, reading) => problemsOf(allRules, request, reading),
  mediaRules,
  price,
  submit: (request, call) =>
    submitOnce(dialect, call, async () => ({
      path: createPath,
      body: createBody(await inlined(request, (url) => call.dataUri(url)), call),
    })),
  poll: (taskId, call) => pollOnce(dialect, call, taskPath(taskId), taskId),
  callback: readCallback,
  async lookup(clientId, call) {
    const outcome = await lookOnce(dialect, call, taskPath(clientId), (body) => foundBy(body, clientId));
    if (outcome.kind === "missing") return { kind: "absent", message: outcome.message };
    return outcome.kind === "refused" ? unanswered(outcome) : outcome;
  },
  upload,
  asset,
};
