import type { Label, Mode } from "@reelqueue/contracts";

/** A fact about a provider, with its label and the text that states it. */
export interface Fact<T> {
  value: T;
  label: Label;
  source: string;
}

/** The capabilities of a provider, as data. Its reconciliation methods are in `Provider.reconcile`. */
export interface Capabilities {
  name: string;
  title: string;
  docsUrl: string;
  baseUrl: Fact<string>;
  models: Readonly<Record<string, ModelCapability>>;
  ratios: Fact<readonly string[]>;
  modes: readonly Mode[];
  images: Fact<{ frames: boolean; references: number; total?: number }>;
  /** The maximum number of reference videos; `null`: not documented, not checked. */
  videos: Fact<number | null>;
  audios: Fact<number | null>;
  /** Which media may be inline (a data URI); everything else must be a URL or an asset id. */
  inline: Fact<{ frames: boolean; referenceImages: boolean; videos: boolean; audios: boolean }>;
  /** Whether the provider accepts media of its own library (`asset://<id>`). */
  assets: Fact<boolean>;
  seed: Fact<readonly [min: number, max: number]> | null;
  offers: {
    generateAudio: boolean;
    watermark: boolean;
    webSearch: boolean;
    returnLastFrame: boolean;
    safetyCheck: boolean;
  };
  /** All requests; only submits if `queriesPerMinute` is present. */
  requestsPerMinute: Fact<number> | null;
  /** Polls; absent: the provider counts them together with submits. */
  queriesPerMinute?: Fact<number>;
  inFlight: Fact<number> | null;
  /** `"unknown"` counts as charged: no automatic retry. */
  chargesFailures: Fact<boolean | "unknown">;
  /** `needsSecret`: the provider refuses a callback URL until its console has created a signing secret. */
  callback: Fact<{ signed: boolean; httpsOnly: boolean; needsSecret?: boolean }> | null;
  /** Whether the provider cancels a task that is queued. */
  cancel: boolean;
  /** The sources that `uploads.upload` accepts; absent: the provider accepts no files. */
  uploads?: Fact<readonly ("bytes" | "url")[]>;
  /** Every task status that the documents name, and its meaning. Read without case; see `phaseOf` for other words. */
  statuses: Fact<Readonly<Record<string, Phase>>>;
  /** The switches that `Reading` may hold, each with its effect. */
  switches: Readonly<Record<string, string>>;
  /**
   * Quiet window: a POST has no effect later than this after its socket was closed (assumption A1). Before the window
   * ends, no answer proves that no task exists.
   */
  quietMs: Fact<number>;
  /** The maximum run time of a task; afterwards its slot is freed whatever its status. */
  longestRunMs: Fact<number>;
  /** How long after its end a task can be read, and its outputs downloaded; a new read may give new URLs. */
  resultsForMs: Fact<number>;
  /** The assumed run time until real run times are learned. */
  typicalRunMs: Fact<number>;
}

/** The meaning of a task status. */
export type Phase = "queued" | "running" | "succeeded" | "failed" | "canceled" | "expired";

export interface ModelCapability {
  /** The provider's name of the model. */
  upstream: string;
  resolutions: Fact<readonly string[]>;
  seconds: Fact<readonly [min: number, max: number]>;
  automaticSeconds: Fact<boolean>;
  /** Abilities of the provider that this model lacks; `unless` names the switch that lifts this. */
  lacks?: Fact<readonly Ability[]> & { unless?: string };
  /** Limits of this model. */
  videos?: Fact<number>;
  audios?: Fact<number>;
  /** Whether the model requires a reference video; absent: it does not. */
  needsVideo?: Fact<boolean>;
}

export type Ability = "frames" | keyof Capabilities["offers"];

/** The settings with which an account interprets its provider's documents, and its unit prices. */
export interface Reading {
  /** Choices between contradicting documents, by switch name. */
  switches: Readonly<Record<string, boolean>>;
  /** USD per second of video by `<model>/<resolution>`; the suffix `+video` marks requests with video input. */
  pricesPerSecond: Readonly<Record<string, number>>;
  /** USD per million tokens by the same keys, where a provider counts tokens. */
  pricesPerMillionTokens?: Readonly<Record<string, number>>;
}

/** Stated in a document that the project was given. */
export const provided = <const T>(value: T, source: string): Fact<T> => ({ value, label: "PROVIDED", source });
/** Stated in another public document. */
export const documented = <const T>(value: T, source: string): Fact<T> => ({ value, label: "DOCUMENTED", source });
/** Concluded, stated nowhere. */
export const inferred = <const T>(value: T, source: string): Fact<T> => ({ value, label: "INFERRED", source });
