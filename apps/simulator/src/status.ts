import { type Call, effectOf, occurs } from "./call.ts";
import { type FaultName, planned } from "./faults.ts";
import { type Answer, json } from "./http.ts";
import { isOutage } from "./odd-files.ts";
import { tooMany, type View } from "./vendor.ts";

const pollWaitMs = 5_000;
const gatewayPage = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>";

const pollFaults: readonly [FaultName, (call: Call) => Answer][] = [
  ["poll-429", ({ simulation, refuse }) => refuse(tooMany("requests", simulation.clock.real(pollWaitMs)))],
  ["poll-500", ({ refuse }) => refuse({ kind: "broken", during: "read" })],
  ["poll-reset", () => ({ kind: "reset" })],
  ["poll-404", ({ refuse }) => refuse({ kind: "unknown-task" })],
  ["poll-garbage", () => ({ kind: "reply", status: 200, headers: { "content-type": "text/html" }, body: gatewayPage })],
];

/** The phase that `status-regress` shows instead. */
function earlier(phase: View["phase"]): "queued" | "running" {
  return phase === "queued" || phase === "running" || phase === "cancelled" ? "queued" : "running";
}

/** Handles one status read. A read answered with a fault does not count as a read of the task. */
export function readStatus(call: Call): Answer {
  const { simulation, vendor, refuse } = call;
  const id = vendor.taskIdOf(call.params, call.query);
  if (id === undefined) return refuse({ kind: "invalid", problem: "task id is missing" });
  const task = simulation.taskOf(call.account, id);
  if (!task) return refuse({ kind: "unknown-task" });
  if (task.marker !== undefined) call.entry.marker = task.marker;
  const faultyAnswer = effectOf(call, task.plan, pollFaults);
  if (faultyAnswer) return faultyAnswer(call);
  if (planned(task.plan, "read-500") && task.deadUrls > 0 && isOutage(simulation, task))
    return refuse({ kind: "broken", during: "read" });
  if (planned(task.plan, "poll-odd-shape") && isOutage(simulation, task)) return json(200, { ok: true });
  simulation.tasks.read(task);
  return json(200, bodyOf(simulation.view(task), call));
}

const otherWords: readonly [FaultName, (word: string) => string][] = [
  ["status-upper", (word) => (word === word.toUpperCase() ? word.toLowerCase() : word.toUpperCase())],
  ["status-synonym", () => "Finished"],
  ["status-foreign", () => "archived"],
];

/** The body of a read, with the faults that change the word of its status. */
function bodyOf(view: View, call: Call): unknown {
  const { simulation, vendor } = call;
  const { phase, task } = view;
  if ((phase === "running" || phase === "archiving") && occurs(call, task.plan, "preview-first")) {
    const outputs = simulation.outputs.of(task, vendor);
    return reworded(vendor.statusBody({ ...view, phase: "succeeded", outputs }), () => "preview");
  }
  const body = vendor.statusBody(withFaults(view, call));
  const other = phase === "succeeded" ? effectOf(call, task.plan, otherWords) : undefined;
  return other === undefined ? body : reworded(body, other);
}

/** The same body with another word in its field `status`. */
function reworded(body: unknown, other: (word: string) => string): unknown {
  const text = JSON.stringify(body).replace(/"status":"([^"]*)"/, (_, word: string) => `"status":"${other(word)}"`);
  return JSON.parse(text);
}

/** Applies the faults that misreport a status. The task itself does not change. */
function withFaults(view: View, call: Call): View {
  const { phase, task } = view;
  const { plan, reads } = task;
  if (planned(plan, "success-no-url-ever") && isOutage(call.simulation, task)) return { ...view, outputs: [] };
  if (occurs(call, plan, "unknown-status")) return { ...view, phase: "undocumented", outputs: [] };
  if (reads % 2 === 0 && occurs(call, plan, "status-regress")) {
    return { ...view, phase: earlier(phase), outputs: [] };
  }
  return phase === "succeeded" && occurs(call, plan, "success-no-url") ? { ...view, outputs: [] } : view;
}
