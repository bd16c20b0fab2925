import type { DemoRun } from "@reelqueue/cli/demo";
import type { GenerationInput } from "@reelqueue/contracts";
import type { SimulatorProvider } from "@reelqueue/system";
import { makeRows, type Row } from "../feed.ts";
import { seededRandom } from "../random.ts";
import { requestPart } from "./modes.ts";

type RowsOptions = Pick<DemoRun, "count" | "seed" | "providers">;

/** HiAPI's share of the rows: it has ten slots, the others no limit, so all end at about the same time. */
const hiapiShare = 0.1;

/** Requests with one marker each, by which the simulator bills them. The same options give the same rows. */
export function demoRows({ count, seed, providers }: RowsOptions, simulatorUrl: string, webhook: string): Row[] {
  const accounts = Array.from({ length: count }, (_, i) => accountOf(i, providers ?? ["hiapi", "jiekou"]));
  const plain = makeRows({ count, faults: {}, accounts, webhook, run: `demo-${seed}` }, seededRandom(seed, "demo"));
  const sent = new Map<SimulatorProvider, number>();
  return plain.map((row, i) => {
    const account = accounts[i] ?? "hiapi";
    const n = sent.get(account) ?? 0;
    sent.set(account, n + 1);
    const part = providers === undefined ? textPart(i + seed) : requestPart(account, n, simulatorUrl);
    return { ...row, input: { ...row.input, ...part, batch: batchName } };
  });
}

export const batchName = "demo";

function accountOf(i: number, providers: readonly SimulatorProvider[]): SimulatorProvider {
  const others = providers.filter((name) => name !== "hiapi");
  const hiapiBefore = providers.includes("hiapi") ? Math.floor(i * hiapiShare) : 0;
  const isHiapi = providers.includes("hiapi") && Math.floor((i + 1) * hiapiShare) > hiapiBefore;
  return isHiapi ? "hiapi" : (others[(i - hiapiBefore) % others.length] ?? "hiapi");
}

function textPart(i: number): Pick<GenerationInput, "resolution" | "seconds"> {
  return { resolution: i % 2 === 0 ? "480p" : "720p", seconds: 4 + (i % 3) };
}
