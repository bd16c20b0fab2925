export const account = "acc";
/** The generations of every sequence. */
export const generations = [
  { tenant: "a", priority: 0, estimateMicroUsd: 100 },
  { tenant: "a", priority: 0, estimateMicroUsd: 250 },
  { tenant: "a", priority: 0, estimateMicroUsd: 0 },
  { tenant: "b", priority: 0, estimateMicroUsd: 100 },
  { tenant: "b", priority: 0, estimateMicroUsd: 100 },
  { tenant: "c", priority: 0, estimateMicroUsd: 50 },
  { tenant: "b", priority: 5, estimateMicroUsd: 0 },
  { tenant: "c", priority: 5, estimateMicroUsd: 400 },
] as const;
export const idOf = (which: number): string => `gen_${which}`;
export const tasks = ["task-0", "task-1", "task-2"] as const;
/** Never over within a sequence. */
export const hourMs = 3_600_000;
