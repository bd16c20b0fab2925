import { type Provider, reconciliationBy } from "../provider.ts";

const always = [
  "submit accepted",
  "submit rejected",
  "submit throttled",
  "submit unsent",
  "submit unknown: reset after sending",
  "submit unknown: time-out after sending",
  "submit unknown: 500",
  "submit unknown: 408",
  "submit unknown: half JSON",
  "submit unknown: 2xx without id",
  "submit unknown: empty",
  "submit unknown: a proxy's refusal",
  "submit blocked: key",
  "submit blocked: balance",
  "poll pending",
  "poll succeeded",
  "poll failed",
  "poll unknown status",
  "poll missing",
  "poll throttled",
  "poll blocked",
  "poll unreachable: HTML",
  "poll unreachable: success without URL",
];
const ofEveryQuery = ["throttled", "blocked", "unreachable"];
const byMethod = {
  lookup: ["found", "absent", ...ofEveryQuery],
  list: ["found", "absent", ...ofEveryQuery],
  cancel: ["canceled", "kept", "missing", ...ofEveryQuery],
  upload: ["taken", "rejected", ...ofEveryQuery],
  asset: ["active", "processing", "failed", "missing", ...ofEveryQuery],
} as const;

type Method = keyof typeof byMethod;

/** The optional methods of a provider, by their names in the recordings. */
export function methodsOf(provider: Provider) {
  return {
    lookup: reconciliationBy(provider, "clientId")?.lookup,
    list: reconciliationBy(provider, "taskList")?.candidates,
    cancel: provider.cancel,
    upload: provider.uploads?.upload,
    asset: provider.uploads?.asset,
  };
}

/** The kinds of recordings that a provider must have, by its methods. */
export function requiredKinds(provider: Provider): string[] {
  const { callback, offers } = provider.capabilities;
  const methods = methodsOf(provider);
  return [
    ...always,
    ...(offers.returnLastFrame ? ["poll succeeded with last frame"] : []),
    ...(callback ? ["callback good", "callback unreadable"] : []),
    ...(callback?.value.signed ? ["callback forged", "callback old"] : []),
    ...Object.entries(byMethod).flatMap(([name, results]) =>
      methods[name as Method] === undefined ? [] : results.map((result) => `${name} ${result}`),
    ),
  ];
}

/** The kinds of recordings that a provider may have in addition. */
export const optionalKinds = [
  "submit unknown: the key is in use",
  "submit rejected within a success",
  "poll canceled",
  "poll expired",
  "poll unreachable: no usable answer",
];
