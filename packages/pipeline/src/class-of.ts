import { type GenerationRequest, modeOf } from "@reelqueue/contracts";
import type { Account } from "./account.ts";

/** The class of a generation: what run times are learned by. */
export function classOf({ provider }: Account, request: GenerationRequest): string {
  return [provider.capabilities.name, request.model, request.resolution, request.seconds, modeOf(request)].join("/");
}
