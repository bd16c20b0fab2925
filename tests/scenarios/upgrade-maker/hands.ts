import type { GenerationInput } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import {
  type Account,
  accept,
  type CrashPoint,
  type Deps,
  type Installation,
  startPoller,
  startRecovery,
  submit,
} from "@reelqueue/pipeline";
import { eventually } from "@reelqueue/testing";
import type { Rates } from "@reelqueue/twin";
import type { World } from "../src/world.ts";

/** The stages of the pipeline by hand: one account at a time, so that a generation stays where it was brought. */
export interface Hands {
  deps: Installation;
  world: World;
}

/** Leases of seconds, but time enough for a POST. */
const timing = {
  grantLeaseMs: 3_000,
  submitLeaseMs: 3_000,
  sendingMs: 6_000,
  finalizeLeaseMs: 4_000,
  absencesApartMs: 500,
  tickMs: 200,
};

export function handsOn(world: World): Hands {
  return { world, deps: { ...world.here, timing: { ...world.here.timing, ...timing } } };
}

export function row(account: string, marker: string, more: Partial<GenerationInput> = {}): GenerationInput {
  const { prompt = "a paper boat", ...rest } = more;
  return { account, prompt: `${prompt} [[marker:${marker}]]`, resolution: "480p", seconds: 4, ...rest };
}

export async function recordOf(id: string, { deps }: Hands): Promise<ledger.StoredRecord> {
  const found = await ledger.read(deps.cell, id);
  if (!found) throw new Error(`${id} is not there`);
  return found.record;
}

export function accountOf(name: string, { deps }: Hands): Account {
  const account = deps.accounts.get(name);
  if (!account) throw new Error(`no account ${name}`);
  return account;
}

/** The installation with one account only, and that one changed. */
export function only(name: string, hands: Hands, change: Partial<Account> = {}): Installation {
  return { ...hands.deps, accounts: new Map([[name, { ...accountOf(name, hands), ...change }]]) };
}

/** Takes a request in; it is granted a slot where its account has one. */
export async function take(input: GenerationInput, { deps }: Hands, tenant = "default"): Promise<string> {
  const [taken] = await accept([input], { tenant, localFiles: true }, deps);
  if (taken?.kind !== "accepted") throw new Error(`not accepted: ${JSON.stringify(taken)}`);
  return taken.id;
}

interface Sending {
  tenant?: string;
  /** Faults that befall this submission and no other. */
  rates?: Rates;
  /** The worker dies there. */
  dies?: CrashPoint;
  deps?: Deps;
}

/** Takes a request in and submits it, as far as it comes. */
export async function send(input: GenerationInput, hands: Hands, sending: Sending = {}): Promise<string> {
  const id = await take(input, hands, sending.tenant);
  const handOver = { generation: id, n: Number((await recordOf(id, hands)).n) };
  await setRates(sending.rates ?? {}, hands);
  const reached = (point: CrashPoint) => {
    if (point === sending.dies) throw new Error(`the worker dies at ${point}`);
  };
  const submitted = submit(handOver, { ...(sending.deps ?? hands.deps), reached }, () => {});
  await submitted.catch((error: unknown) => {
    if (sending.dies === undefined) throw error;
  });
  await setRates({}, hands);
  // what a worker has begun waits no more, unless the worker died
  if (sending.dies === undefined) await hands.deps.queues.remove("submit", handOver);
  return id;
}

async function setRates(rates: Rates, { world }: Hands): Promise<void> {
  await fetch(`${world.twin.url}/twin/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rates }),
  });
}

type Seen = (record: ledger.StoredRecord) => boolean;

/** Lets recovery work until each of the generations has come so far. */
export async function recoverUntil(
  ids: readonly string[],
  seen: Seen,
  deps: Installation,
  hands: Hands,
): Promise<void> {
  await using _ = startRecovery(deps, () => {}, { retentionMs: Number.MAX_SAFE_INTEGER });
  await until(ids, seen, hands);
}

/** Lets the poller work until each of the generations has come so far. */
export async function pollUntil(ids: readonly string[], seen: Seen, deps: Installation, hands: Hands): Promise<void> {
  await using _ = startPoller(deps, () => {}, { concurrency: 8, maxSleepMs: 20 });
  await until(ids, seen, hands);
}

async function until(ids: readonly string[], seen: Seen, hands: Hands): Promise<void> {
  await eventually(async () => (await Promise.all(ids.map((id) => recordOf(id, hands)))).every(seen), {
    describe: `${ids.join(", ")} come so far`,
    everyMs: 5,
  });
}
