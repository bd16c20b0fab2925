import { type Answer, json, type Visit } from "./answer.ts";
import type { Dialect, View } from "./dialect.ts";
import { blame, tooMany } from "./door.ts";
import { fires, firstOf } from "./faults.ts";
import type { Phase, Task } from "./tasks.ts";
import type { World } from "./world.ts";

const pollWaitMs = 5_000;
const pollFaults = ["poll-429", "poll-500", "poll-reset", "poll-404", "poll-garbage"] as const;
const earlier = {
  queued: "queued",
  running: "queued",
  archiving: "running",
  succeeded: "running",
  failed: "running",
  cancelled: "queued",
  expired: "running",
} as const satisfies Record<Phase, Phase>;

/** One status read. Reads that a fault swallows do not count as reads. */
export function status(world: World, dialect: Dialect, visit: Visit): Answer {
  const id = dialect.taskIdOf(visit.params, visit.query);
  if (id === undefined) return world.refuse(dialect, { kind: "invalid", problem: "task id is missing" });
  const task = world.taskOf(dialect, visit.account, id);
  if (!task) return world.refuse(dialect, { kind: "unknown-task" });
  if (task.marker !== undefined) visit.entry.marker = task.marker;
  const fault = firstOf(task.plan, pollFaults);
  if (fault) {
    blame(visit, fault);
    return faultyAnswer(world, dialect, fault);
  }
  world.tasks.read(task);
  return json(200, dialect.status(distorted(world.view(task), visit)));
}

function faultyAnswer(world: World, dialect: Dialect, fault: (typeof pollFaults)[number]): Answer {
  switch (fault) {
    case "poll-429":
      return world.refuse(dialect, tooMany("requests", world.clock.real(pollWaitMs)));
    case "poll-500":
      return world.refuse(dialect, { kind: "broken", during: "read" });
    case "poll-reset":
      return { kind: "reset" };
    case "poll-404":
      return world.refuse(dialect, { kind: "unknown-task" });
    case "poll-garbage":
      return { kind: "reply", status: 200, headers: { "content-type": "text/html" }, body: gatewayPage };
  }
}

/** What is shown may be out of order or strange; what is true stays as it is. */
function distorted(view: View, visit: Visit): View {
  const { task, phase } = view;
  if (fires(task.plan, "unknown-status")) {
    blame(visit, "unknown-status");
    return { ...view, phase: "unheard-of", outputs: [] };
  }
  if (phase !== "unheard-of" && regresses(task)) {
    blame(visit, "status-regress");
    return { ...view, phase: earlier[phase], outputs: [] };
  }
  if (phase === "succeeded" && fires(task.plan, "success-no-url")) {
    blame(visit, "success-no-url");
    return { ...view, outputs: [] };
  }
  return view;
}

function regresses(task: Task): boolean {
  return task.reads % 2 === 0 && fires(task.plan, "status-regress");
}

const gatewayPage = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>";
