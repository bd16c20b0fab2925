import type { FastifyReply, FastifyRequest } from "fastify";
import { type FaultName, planned } from "./faults.ts";
import type { Simulation } from "./simulation.ts";
import type { Task } from "./task.ts";

const page = "<!doctype html><html><head><title>Sign in</title></head><body>Sign in to continue</body></html>";

/** How a file is answered instead of properly. */
type Odd = 404 | 503 | 401 | "page" | "reset";

const outages: readonly [FaultName, Odd][] = [
  ["file-404", 404],
  ["file-503", 503],
  ["file-page", "page"],
  ["file-reset", "reset"],
];
const oddFrames: readonly [FaultName, Odd][] = [
  ["last-frame-404", 404],
  ["last-frame-page", "page"],
  ["unasked-frame", "page"],
];

/** Answers a request for a file as its task's faults say; false: it is answered properly. */
export function answersOddly(
  simulation: Simulation,
  task: Task,
  name: string,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): boolean {
  const odd = oddOf(simulation, task, name, request);
  if (odd === undefined) return false;
  if (odd === "reset") {
    reply.hijack();
    reply.raw.socket?.resetAndDestroy();
  } else if (odd === "page") void reply.type("text/html; charset=utf-8").send(page);
  else void reply.code(odd).type("text/plain").send(`${odd}\n`);
  return true;
}

function oddOf(simulation: Simulation, task: Task, name: string, { headers }: FastifyRequest): Odd | undefined {
  const of = (table: readonly [FaultName, Odd][]) => table.find(([fault]) => planned(task.plan, fault))?.[1];
  if (name === "last.png") return of(oddFrames);
  if (planned(task.plan, "file-needs-key") && headers.authorization !== `Bearer ${task.account.key}`) return 401;
  if (task.endedAt === 0 && planned(task.plan, "preview-first")) return "page";
  return isOutage(simulation, task) ? of(outages) : undefined;
}

/** Whether the outage that follows the end of a task lasts. */
export function isOutage({ clock, settings, outagesOn }: Simulation, { endedAt }: Task): boolean {
  return outagesOn && endedAt > 0 && Date.now() < endedAt + clock.real(settings.fileOutageMs);
}
