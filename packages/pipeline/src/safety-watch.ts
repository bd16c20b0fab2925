import type { Config } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Logger } from "@reelqueue/runtime";

export interface SafetyWatch extends Disposable {
  /** Why no money may be spent now; `undefined`: it may. */
  refusal(): string | undefined;
  ready(): Promise<{ ok: boolean; reasons: string[] }>;
}

const everyMs = 60_000;

/** Looks at how Redis is set up, now and once a minute. Under `durability: "strict"` an unsafe one stops submits, visibly. */
export async function watchSafety(cell: ledger.Cell, config: Config, log: Logger): Promise<SafetyWatch> {
  let unsafe: string[] = [];
  const look = async (): Promise<void> => {
    const before = unsafe.join("\n");
    const safety = await ledger.checkSafety(cell, { assertDurable: config.assertDurable });
    unsafe = safety.unsafe;
    for (const sentence of unsafe.join("\n") === before ? [] : unsafe) {
      log[config.durability === "strict" ? "error" : "warn"](
        config.durability === "strict" ? `submits are refused: ${sentence}` : sentence,
      );
    }
  };
  await look();
  const timer = setInterval(() => void look().catch(() => {}), everyMs);
  timer.unref();
  const refusal = () => (config.durability === "strict" ? unsafe[0] : undefined);
  return {
    refusal,
    ready: async () => {
      try {
        await look();
        const reasons = config.durability === "strict" ? unsafe : [];
        return { ok: reasons.length === 0, reasons };
      } catch (error) {
        return { ok: false, reasons: [error instanceof Error ? error.message : String(error)] };
      }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
