import { fires, firstOf } from "./faults.ts";
import { type Answer, type Call, json, noteFault } from "./http.ts";
import type { Simulation } from "./simulation.ts";
import type { Phase, Task } from "./task.ts";
import { tooMany, type Vendor, type View } from "./vendor.ts";

const pollWaitMs = 5_000;
const pollFaults = ["poll-429", "poll-500", "poll-reset", "poll-404", "poll-garbage"] as const;
/** The phase that `status-regress` shows instead. */
const earlier = {
  queued: "queued",
  running: "queued",
  archiving: "running",
  succeeded: "running",
  failed: "running",
  cancelled: "queued",
  expired: "running",
} as const satisfies Record<Phase, Phase>;

/** Handles one status read. A read answered with a fault does not count as a read of the task. */
export function readStatus(simulation: Simulation, vendor: Vendor, call: Call): Answer {
  const id = vendor.taskIdOf(call.params, call.query);
  if (id === undefined) return simulation.refuse(vendor, { kind: "invalid", problem: "task id is missing" });
  const task = simulation.taskOf(vendor, call.account, id);
  if (!task) return simulation.refuse(vendor, { kind: "unknown-task" });
  if (task.marker !== undefined) call.entry.marker = task.marker;
  const fault = firstOf(task.plan, pollFaults);
  if (fault) {
    noteFault(call, fault);
    return faultyAnswer(simulation, vendor, fault);
  }
  simulation.tasks.read(task);
  return json(200, vendor.statusBody(withFaults(simulation.view(task), call)));
}

function faultyAnswer(simulation: Simulation, vendor: Vendor, fault: (typeof pollFaults)[number]): Answer {
  switch (fault) {
    case "poll-429":
      return simulation.refuse(vendor, tooMany("requests", simulation.clock.real(pollWaitMs)));
    case "poll-500":
      return simulation.refuse(vendor, { kind: "broken", during: "read" });
    case "poll-reset":
      return { kind: "reset" };
    case "poll-404":
      return simulation.refuse(vendor, { kind: "unknown-task" });
    case "poll-garbage":
      return { kind: "reply", status: 200, headers: { "content-type": "text/html" }, body: gatewayPage };
  }
}

/** Applies the faults that misreport a status. The task itself does not change. */
function withFaults(view: View, call: Call): View {
  const { task, phase } = view;
  if (fires(task.plan, "unknown-status")) {
    noteFault(call, "unknown-status");
    return { ...view, phase: "undocumented", outputs: [] };
  }
  if (phase !== "undocumented" && regresses(task)) {
    noteFault(call, "status-regress");
    return { ...view, phase: earlier[phase], outputs: [] };
  }
  if (phase === "succeeded" && fires(task.plan, "success-no-url")) {
    noteFault(call, "success-no-url");
    return { ...view, outputs: [] };
  }
  return view;
}

function regresses(task: Task): boolean {
  return task.reads % 2 === 0 && fires(task.plan, "status-regress");
}

const gatewayPage = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>";
