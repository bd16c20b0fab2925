import type { Provider } from "../provider.ts";

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

/** What a provider has to have on record, by what it can do. */
export function requiredKinds(provider: Provider): string[] {
  const { callback, offers } = provider.capabilities;
  const methods = Object.entries(ifAble).filter(([method]) => method in provider);
  return [
    ...always,
    ...(offers.returnLastFrame ? ["poll succeeded with last frame"] : []),
    ...(callback ? ["callback good", "callback unreadable"] : []),
    ...(callback?.value.signed ? ["callback forged", "callback old"] : []),
    ...methods.flatMap(([method, endings]) => endings.map((ending) => `${method} ${ending}`)),
  ];
}

/** What a provider may have on record besides. */
export const optionalKinds = [
  "submit unknown: the key is in use",
  "submit rejected within a success",
  "poll canceled",
  "poll expired",
  "poll unreachable: no usable answer",
];
