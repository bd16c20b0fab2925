import type { Capabilities, Phase } from "./capabilities.ts";

/** What a status of this provider means; undefined for one that its table does not name. */
export function phaseNamed(name: string, { statuses }: Pick<Capabilities, "statuses">): Phase | undefined {
  return Object.hasOwn(statuses.value, name) ? statuses.value[name] : undefined;
}
