import { type Meters, usagePer } from "../rig/meters.ts";

/** The load for every solution. */
export interface Load {
  generations: number;
  warmUp: number;
  polls: number;
  /** 0: outputs are fetched and discarded. */
  outputBytes: number;
  /** Factor by which polls are due earlier than in real time. */
  timeScale: number;
  /** First wait of the plain solution; it doubles with every poll. */
  plainFirstPollMs: number;
  /** Tasks at the simulator at once. */
  inFlight: number;
  concurrency: { submit: number; poll: number; finalize: number };
  timeoutMs: number;
}

export interface Solution {
  /** Enqueues this many generations. */
  through(count: number): Promise<void>;
  /** Resolves when the receiver has this many events in total. */
  done(total: number): Promise<void>;
  bill(): Promise<{ tasks: number; charges: number; polls: number }>;
}

/** Warms up a solution, then measures it from the first row enqueued to the last webhook received. */
export async function measured(load: Load, meters: Meters, solution: Solution) {
  const { generations, warmUp } = load;
  await solution.through(warmUp);
  await solution.done(warmUp);
  const [before, billBefore] = [await meters.read(), await solution.bill()];
  await solution.through(generations);
  await solution.done(warmUp + generations);
  const [after, bill] = [await meters.read(), await solution.bill()];
  if (bill.tasks !== warmUp + generations || bill.charges !== bill.tasks)
    throw new Error(
      `the simulator created ${bill.tasks} tasks and charged ${bill.charges} for ${warmUp + generations} rows`,
    );
  const usage = usagePer(generations, before, after);
  return { perSecond: generations / usage.seconds, usage, pollsEach: (bill.polls - billBefore.polls) / generations };
}

export function simulatorEnv({ polls, outputBytes }: Load): Record<string, string> {
  return {
    SIMULATOR_LIMITS: "off",
    SIMULATOR_FINISH_AFTER_POLLS: `${polls}`,
    SIMULATOR_OUTPUTS: "tiny",
    ...(outputBytes > 0 && { SIMULATOR_OUTPUT_BYTES: `${outputBytes}` }),
  };
}
