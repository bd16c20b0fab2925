import { defineProvider } from "../define-provider.ts";
import { callbacksOf } from "../http/callback.ts";
import { cancel } from "./cancel.ts";
import { capabilities } from "./capabilities.ts";
import { requestErrors, taskErrors } from "./errors.ts";
import { taskList } from "./list.ts";
import { price } from "./price.ts";
import { fileRules, rules } from "./rules.ts";
import { createBody, idIn, readTask, refusal, taskPath, tasksPath } from "./wire.ts";

const api = {
  createdId: idIn,
  taskPath,
  readTask,
  refusal,
  requestErrors,
  taskErrors,
  /** DOCUMENTED: create page, 64 MB. */
  maxBodyBytes: { bytes: 64_000_000, rule: "A-V14" },
};

/**
 * Volcengine Ark and BytePlus ModelArk. The task list resolves an unknown submit by the mark that every attempt
 * carries.
 */
export const ark = defineProvider({
  capabilities,
  rules,
  fileRules,
  price,
  api,
  create: (request, call) => ({ path: tasksPath, body: createBody(request, call) }),
  reconcile: [taskList(api), { by: "callback" }],
  /** Sent on every change of a task, unsigned. */
  callbacks: callbacksOf({ taskIdIn: idIn }),
  cancel: (taskId, call) => cancel(api, taskId, call),
});
