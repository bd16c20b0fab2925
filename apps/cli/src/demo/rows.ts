import type { GenerationInput } from "@reelqueue/contracts";
import type { SimulatorProvider } from "@reelqueue/system";
import { requestPart } from "./modes.ts";

export interface RowsOptions {
  count: number;
  seed: number;
  /** URL of the webhook of every row. */
  webhook: string;
  /** Every mode at these providers; default: text only, at HiAPI and JieKou. */
  providers?: readonly SimulatorProvider[] | undefined;
  /** Base URL of the rows' media. */
  simulatorUrl: string;
}

/** HiAPI's share of the rows: it has ten slots, the others no limit, so all end at about the same time. */
const hiapiShare = 0.1;

const scenes = [
  "A paper boat drifts down a rain gutter, camera low and close, evening light",
  "A lighthouse keeper climbs the last stairs at dawn, handheld, warm haze",
  "Steam rises from a street kitchen while a cook tosses noodles, slow motion",
  "A red kite over a windy dune, wide shot, grass bending in waves",
  "Two dancers rehearse in an empty hall, one long tracking shot, dust in the light",
  "A fox crosses a frozen lake at blue hour, drone shot from far above",
  "An old tram turns a corner in the rain, neon on wet stone",
];

/** Requests with one marker each, by which the simulator bills them. The same options give the same rows. */
export function demoRows({ count, seed, webhook, providers, simulatorUrl }: RowsOptions): GenerationInput[] {
  const sent = new Map<SimulatorProvider, number>();
  return Array.from({ length: count }, (_, i) => {
    const account = accountOf(i, providers ?? ["hiapi", "jiekou"]);
    const n = sent.get(account) ?? 0;
    sent.set(account, n + 1);
    return {
      prompt: `${scenes[(i + seed) % scenes.length]} [[marker:${markerOf(seed, i)}]]`,
      account,
      ...(providers === undefined ? textPart(i + seed) : requestPart(account, n, simulatorUrl)),
      batch: batchName,
      idempotencyKey: markerOf(seed, i),
      webhook,
    };
  });
}

export const batchName = "demo";

export function markerOf(seed: number, index: number): string {
  return `demo-${seed}-${index + 1}`;
}

function accountOf(i: number, providers: readonly SimulatorProvider[]): SimulatorProvider {
  const others = providers.filter((name) => name !== "hiapi");
  const hiapiBefore = providers.includes("hiapi") ? Math.floor(i * hiapiShare) : 0;
  const isHiapi = providers.includes("hiapi") && Math.floor((i + 1) * hiapiShare) > hiapiBefore;
  return isHiapi ? "hiapi" : (others[(i - hiapiBefore) % others.length] ?? "hiapi");
}

function textPart(i: number): Pick<GenerationInput, "resolution" | "seconds"> {
  return { resolution: i % 2 === 0 ? "480p" : "720p", seconds: 4 + (i % 3) };
}
