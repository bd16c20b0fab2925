import { type App, eventually, simulatorAt } from "@reelqueue/testing";

/** Waits until the receiver has this many different events. */
export async function received(receiver: App, events: number, timeoutMs: number): Promise<void> {
  await eventually(async () => (await countOf(receiver)) >= events, {
    describe: `${events} events reach the receiver`,
    timeoutMs,
    everyMs: 50,
  });
}

async function countOf({ url }: App): Promise<number> {
  const { events } = (await (await fetch(url)).json()) as { events: number };
  return events;
}

/** Tasks, charges, polls and requests answered 429, as counted by the simulator. */
export async function billOf({ url }: App) {
  const simulator = simulatorAt(url);
  const [{ tasks, charges }, polls, refused] = [
    await simulator.bill(),
    await simulator.polls(),
    await simulator.refused(),
  ];
  return { tasks, charges, polls: polls.hiapi ?? 0, refused };
}
