import { readJson } from "../http/exchange.ts";
import { lookOnce, pollOnce, unanswered } from "../http/query.ts";
import { submitOnce } from "../http/submit.ts";
import type { Provider } from "../provider.ts";
import { generalRules } from "../rules/capability-rules.ts";
import { inlined } from "../rules/media.ts";
import { problemsOf } from "../rules/validation.ts";
import { cancel } from "./cancel.ts";
import { capabilities } from "./capabilities.ts";
import { rulings } from "./errors.ts";
import { candidatesIn, listPath, tasksIn } from "./list.ts";
import { cost, price } from "./price.ts";
import { mediaRules, rules } from "./rules.ts";
import { createBody, idIn, progress, refusal, taskPath, tasksPath } from "./wire.ts";

const dialect = {
  createdId: idIn,
  progress,
  refusal,
  rulings,
  /** FOUND: create page, 64 MB. */
  maxBodyBytes: { bytes: 64_000_000, rule: "A-V14" },
};
const allRules = [...generalRules(capabilities), ...rules];

/** Volcengine Ark and BytePlus ModelArk, the original: a lost task is found in the list by a mark that every attempt carries. */
export const ark: Provider = {
  capabilities,
  check: (request, reading) => problemsOf(allRules, request, reading),
  mediaRules,
  price,
  cost,
  submit: (request, call) =>
    submitOnce(dialect, call, async () => ({
      path: tasksPath,
      body: createBody(await inlined(request, (url) => call.dataUri(url)), call),
    })),
  poll: (taskId, call) => pollOnce(dialect, call, taskPath(taskId), taskId),
  /** On every change of a task, unsigned: the secret part of the URL guards it. */
  callback({ raw }) {
    const taskId = idIn(readJson(raw.toString("utf8")));
    return taskId === undefined ? { kind: "unreadable", message: "no task id in it" } : { kind: "hint", taskId };
  },
  async list(lost, call) {
    const outcome = await lookOnce(dialect, call, listPath(lost.page), (body) => candidatesIn(body, lost, call));
    if (outcome.kind === "missing") return { kind: "unreachable", message: outcome.message };
    return outcome.kind === "refused" ? unanswered(outcome) : outcome;
  },
  async tasks(page, call) {
    const outcome = await lookOnce(dialect, call, listPath(page), (body) => tasksIn(body, page));
    if (outcome.kind === "missing") return { kind: "unreachable", message: outcome.message };
    return outcome.kind === "refused" ? unanswered(outcome) : outcome;
  },
  cancel: (taskId, call) => cancel(dialect, taskId, call),
};
