import type { Account } from "./accounts.ts";
import type { Clock } from "./clock.ts";
import { type FaultPlan, fires } from "./faults.ts";

export type AssetState = "processing" | "active" | "failed";

/** A file in a client's library; a create can name it instead of a URL. */
export interface Asset {
  id: string;
  account: Account;
  /** In the vendor's own terms. */
  kind: string;
  name: string;
  url: string;
  group: string | undefined;
  addedAt: number;
  /** Real time at which its review ends; `Infinity` if never. */
  readyAt: number;
  fails: boolean;
}

/** Assets that every account has without an upload. */
const samples: Readonly<Record<string, AssetState>> = {
  "simulator-active": "active",
  "simulator-processing": "processing",
  "simulator-failed": "failed",
};

/** The asset libraries of all accounts, with their groups. */
export class Assets {
  readonly #byId = new Map<string, Asset>();
  /** The account of every group. */
  readonly groups = new Map<string, Account>();
  readonly #clock: Clock;
  readonly #reviewMs: number;

  constructor(clock: Clock, reviewMs: number) {
    this.#clock = clock;
    this.#reviewMs = reviewMs;
  }

  add(given: Pick<Asset, "id" | "account" | "kind" | "name" | "url" | "group">, plan: FaultPlan | undefined): Asset {
    const now = Date.now();
    const readyAt = fires(plan, "asset-stuck") ? Number.POSITIVE_INFINITY : now + this.#clock.real(this.#reviewMs);
    const asset: Asset = { ...given, addedAt: now, readyAt, fails: fires(plan, "asset-fails") };
    this.#byId.set(asset.id, asset);
    return asset;
  }

  get(account: Account, id: string): Asset | undefined {
    const asset = this.#byId.get(id);
    return asset?.account === account ? asset : undefined;
  }

  state(account: Account, id: string): AssetState | undefined {
    const asset = this.get(account, id);
    if (!asset) return Object.hasOwn(samples, id) ? samples[id] : undefined;
    if (Date.now() < asset.readyAt) return "processing";
    return asset.fails ? "failed" : "active";
  }

  remove(asset: Asset): void {
    this.#byId.delete(asset.id);
  }
}
