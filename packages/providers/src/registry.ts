import type { GenerationRequest } from "@reelqueue/contracts";
import { ark } from "./ark/index.ts";
import type { Reading } from "./capabilities.ts";
import { hiapi } from "./hiapi/index.ts";
import { jiekou } from "./jiekou/index.ts";
import type { Provider } from "./provider.ts";
import { problemsOf } from "./rules/validation.ts";
import { toapis } from "./toapis/index.ts";
import { xingchao } from "./xingchao/index.ts";

/** Every provider by name; a new one adds one folder and one line here. */
export const providers: Readonly<Record<string, Provider>> = {
  hiapi,
  jiekou,
  toapis,
  xingchao,
  ark,
};

export function providerNamed(name: string): Provider | undefined {
  return Object.hasOwn(providers, name) ? providers[name] : undefined;
}

/** The names of the providers that accept this request by their rules; the message of a refusal lists them. */
export function providersAccepting(request: GenerationRequest, reading: Reading = defaultReading): string[] {
  return Object.entries(providers)
    .filter(([, { rules }]) => problemsOf(rules, request, reading).every(({ severity }) => severity === "warning"))
    .map(([name]) => name);
}

const defaultReading: Reading = { switches: {}, pricesPerSecond: {} };

/** By provider: the environment variable that alone creates an account. `HIAPI_API_KEY` creates the account `hiapi`. */
export const keyVariables: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(providers).map((name) => [name, `${name.toUpperCase().replaceAll("-", "_")}_API_KEY`]),
);
