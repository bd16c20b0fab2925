/** Single steps of the loops, for tests only; production code may not import this file. */
export { callbackToken } from "./callback-url.ts";
export { expireIntents } from "./maintain/maintain.ts";
export { polledFields, pollTask } from "./poll/poller.ts";
export { lookUpNamedTask } from "./reconcile/named-tasks.ts";
export { reconcile } from "./reconcile/reconcile.ts";
