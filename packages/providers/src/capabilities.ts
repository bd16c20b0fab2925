import type { Label, Mode } from "@reelqueue/contracts";
/** A fact about a provider with what it rests on. */
export interface Fact<T> {
  value: T;
  label: Label;
  source: string;
}

/** What a provider can do, as data. */
export interface Capabilities {
  name: string;
  title: string;
  docsUrl: string;
  baseUrl: Fact<string>;
  models: Readonly<Record<string, ModelCapability>>;
  ratios: Fact<readonly string[]>;
  modes: readonly Mode[];
  images: Fact<{ frames: boolean; references: number; total?: number }>;
  /** Most reference videos; `null` where the document leaves it open, so that it is not checked. */
  videos: Fact<number | null>;
  audios: Fact<number | null>;
  /** Which media may be inline (a data URI); everything else must be a URL or an asset id. */
  inline: Fact<{ frames: boolean; referenceImages: boolean; videos: boolean; audios: boolean }>;
  /** Whether media of the provider's own library (`asset://<id>`) are taken. */
  assets: Fact<boolean>;
  seed: Fact<readonly [min: number, max: number]> | null;
  offers: {
    generateAudio: boolean;
    watermark: boolean;
    webSearch: boolean;
    returnLastFrame: boolean;
    safetyCheck: boolean;
  };
  /** Requests of every kind, or only submits where `queriesPerMinute` is there. */
  requestsPerMinute: Fact<number> | null;
  /** Looks, where the provider counts them apart from submits. */
  queriesPerMinute?: Fact<number>;
  inFlight: Fact<number> | null;
  /** `"unknown"` counts as charged: no automatic retry. */
  chargesFailures: Fact<boolean | "unknown">;
  /** How a lost answer can be resolved, best first; empty: only a person can. */
  resolve: readonly ("idempotencyKey" | "clientId" | "list" | "callback")[];
  idempotencyLifeMs?: Fact<number>;
  /** `needsSecret`: the provider refuses a callback URL unless callbacks were set up with it, which gives the secret. */
  callback: Fact<{ signed: boolean; httpsOnly: boolean; needsSecret?: boolean }> | null;
  /** Whether a task that has not begun can be withdrawn. */
  cancel: boolean;
  /** What `upload` takes; left out where the provider takes no files. */
  uploads?: Fact<readonly ("bytes" | "url")[]>;
  /** Every task status that the documents name, and what it means; any other one means: keep polling. */
  statuses: Fact<Readonly<Record<string, Phase>>>;
  /** The switches that `Reading` may hold, each with what it does when it is on. */
  switches: Readonly<Record<string, string>>;
  /** A POST that has not taken effect so long after its socket was closed never will (assumption A1): until then no answer proves that there is no task. */
  quietMs: Fact<number>;
  /** How long a task can at most be running; afterwards its slot is free whatever became of it. */
  longestRunMs: Fact<number>;
  /** First guess of a typical run, until the real ones are learned. */
  typicalRunMs: Fact<number>;
}

/** What a task status means, whatever the provider calls it. */
export type Phase = "queued" | "running" | "succeeded" | "failed" | "canceled" | "expired";

export interface ModelCapability {
  /** The provider's own name of it. */
  upstream: string;
  resolutions: Fact<readonly string[]>;
  seconds: Fact<readonly [min: number, max: number]>;
  automaticSeconds: Fact<boolean>;
  /** What it cannot do although the provider offers it; `unless` names the switch that holds the other reading. */
  lacks?: Fact<readonly Ability[]> & { unless?: string };
  /** Limits of its own. */
  videos?: Fact<number>;
  audios?: Fact<number>;
  /** Whether it makes nothing without a reference video; left out: it does. */
  needsVideo?: Fact<boolean>;
}

export type Ability = "frames" | keyof Capabilities["offers"];

/** Stated in the user's own documents. */
export const seed = <const T>(value: T, source: string): Fact<T> => ({ value, label: "SEED", source });
/** Stated in another public text. */
export const found = <const T>(value: T, source: string): Fact<T> => ({ value, label: "FOUND", source });
/** Concluded. */
export const inferred = <const T>(value: T, source: string): Fact<T> => ({ value, label: "INFERRED", source });
