import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";

type AdmitDeps = Pick<Context, "cell" | "queues" | "crashPoint" | "timing">;

/** Grants slots of one account while its limits allow, and puts a submit job behind each. Safe to call at any time, by anyone. */
export async function admit(account: Account, deps: AdmitDeps): Promise<ledger.Admitted> {
  const admitted = await ledger.admit(deps.cell, account.name, {
    ...account.limits,
    leaseMs: deps.timing.grantLeaseMs,
  });
  for (const { generation } of admitted.grants) await deps.crashPoint?.("admit:after-grant", generation);
  await deps.queues.add("submit", admitted.grants);
  for (const { generation } of admitted.grants) await deps.crashPoint?.("admit:after-jobs", generation);
  return admitted;
}

/** Admits again and again: at once when told that something has freed, otherwise when rate or wait allow, at the latest every second. */
export interface Admission extends AsyncDisposable {
  /** A slot, a token or room came free. */
  freed(account: string): void;
}

export function startAdmission(deps: Context): Admission {
  const loops = new Map([...deps.accounts.values()].map((account) => [account.name, accountLoop(account, deps)]));
  return {
    freed: (name) => loops.get(name)?.run(),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...loops.values()].map((loop) => loop.stop()));
    },
  };
}

/** One admission at a time per account; a call that comes meanwhile runs once more afterwards. */
function accountLoop(account: Account, deps: Context) {
  let current: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const run = (): void => {
    if (stopped) return;
    if (current) {
      again = true;
      return;
    }
    clearTimeout(timer);
    current = once().finally(() => {
      current = undefined;
      if (again) {
        again = false;
        run();
      }
    });
  };
  const once = async (): Promise<void> => {
    let waitMs = deps.timing.tickMs;
    try {
      const { againInMs } = await admit(account, deps);
      waitMs = Math.min(waitMs, againInMs ?? waitMs);
    } catch (error) {
      deps.log.warn({ err: error, account: account.name }, "admission could not run; it runs again in a second");
    }
    if (!stopped) timer = setTimeout(run, Math.max(5, waitMs));
  };
  run();
  return {
    run,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
