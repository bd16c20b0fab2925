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
const ifAsked = ["throttled", "blocked", "unreachable"];
const ifAble = {
  lookup: ["found", "absent", ...ifAsked],
  list: ["found", "absent", ...ifAsked],
  cancel: ["canceled", "kept", "missing", ...ifAsked],
  upload: ["taken", "rejected", ...ifAsked],
  asset: ["active", "processing", "failed", "missing", ...ifAsked],
} as const;

type Method = keyof typeof ifAble;

/** The optional methods of a provider by the names that the recordings give them. */
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
    ...Object.entries(ifAble).flatMap(([name, endings]) =>
      methods[name as Method] === undefined ? [] : endings.map((ending) => `${name} ${ending}`),
    ),
  ];
}

/** The kinds of recordings that a provider may have besides. */
export const optionalKinds = [
  "submit unknown: the key is in use",
  "submit rejected within a success",
  "poll canceled",
  "poll expired",
  "poll unreachable: no usable answer",
];
