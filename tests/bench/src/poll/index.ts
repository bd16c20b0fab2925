import type { Options, Report, Target } from "../rig/report.ts";
import { medians, rounds } from "../rig/runs.ts";
import { openField } from "./field.ts";

type Figures = Record<string, number>;
const modes = ["paced", "saturated"] as const;

/** The cost of a poll with few and with many tasks in flight, at a steady pace and as fast as possible. */
export async function poll({ quick, runs = quick ? 1 : 3 }: Options): Promise<Report> {
  const sizes = quick ? [1_000, 10_000] : [1_000, 10_000, 100_000];
  const perSecond = 1_600;
  const seconds = quick ? 5 : 15;
  const results = await rounds(sizes.map(String), runs, async (size): Promise<Record<string, Figures>> => {
    await using field = await openField(Number(size));
    const paced = await field.measurePolls({ intervalMs: (1_000 * Number(size)) / perSecond, seconds });
    return { paced, saturated: await field.measurePolls({ intervalMs: 0, seconds }) };
  });
  const figures: Record<string, Figures> = {};
  for (const mode of modes) {
    for (const size of sizes)
      figures[`${mode}, ${size}`] = medians((results[`${size}`] ?? []).map((run) => run[mode] ?? {}));
  }
  return {
    bench: "poll",
    title: `tasks in flight, polled over HTTP, ${perSecond} a second or as fast as possible; per poll, medians of ${runs}`,
    heads: ["", ...Object.keys(Object.values(figures)[0] ?? {})],
    rows: Object.entries(figures).map(([name, row]) => [name, ...Object.values(row)]),
    figures,
    targets: targetsOf(sizes, figures),
  };
}

function targetsOf(sizes: readonly number[], figures: Record<string, Figures>): Target[] {
  const [few, many] = [sizes[0] ?? 0, sizes.at(-1) ?? 0];
  const of = (mode: string, size: number, name: string) => figures[`${mode}, ${size}`]?.[name] ?? Number.NaN;
  return [
    ...modes.flatMap((mode) =>
      sizes.map((size) => ({
        name: `commands, ${mode}, ${size}`,
        wanted: "≤ 4" as const,
        measured: of(mode, size, "commands"),
      })),
    ),
    ...modes.map((mode) => ({
      name: `CPU, ${mode}, at ${many} over ${few}`,
      wanted: "≤ 1.2" as const,
      measured: of(mode, many, "CPU µs") / of(mode, few, "CPU µs"),
    })),
  ];
}
