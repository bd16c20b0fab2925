import { type App, eventually } from "@reelqueue/testing";

/** Waits until the receiver has this many different events. */
export async function received(receiver: App, events: number, timeoutMs: number): Promise<void> {
  await eventually(async () => (await countOf(receiver)).events >= events, {
    describe: `${events} events reach the receiver`,
    timeoutMs,
    everyMs: 50,
  });
}

async function countOf(receiver: App): Promise<{ events: number; requests: number }> {
  return (await (await fetch(receiver.url)).json()) as { events: number; requests: number };
}

/** Tasks, charges, polls and refused requests, as counted by the simulator. */
export async function billOf(
  simulator: App,
): Promise<{ tasks: number; charges: number; polls: number; refused: number }> {
  const [bill, log] = (await Promise.all(
    ["ledger", "log?limit=1"].map(async (path) => (await fetch(`${simulator.url}/simulator/${path}`)).json()),
  )) as [{ tasks: number; charges: number }, { routes: Record<string, Record<string, number>> }];
  const polls = Object.entries(log.routes).find(([route]) => route.startsWith("GET /hiapi/v1/tasks/:"))?.[1] ?? {};
  const answers = Object.values(log.routes).flatMap((statuses) => Object.entries(statuses));
  const refused = answers.reduce((sum, [status, count]) => sum + (status === "429" ? count : 0), 0);
  return {
    tasks: bill.tasks,
    charges: bill.charges,
    polls: Object.values(polls).reduce((sum, count) => sum + count, 0),
    refused,
  };
}
