import type { GenerationRequest } from "@reelqueue/contracts";
import { pricePerSecond } from "../pricing.ts";
import type { Quote, Reading } from "../provider.ts";
import { capabilities } from "./capabilities.ts";

/** No price is published: what the account's own contract says, as a price per second. */
export function price(request: GenerationRequest, reading: Reading): Quote {
  return pricePerSecond(capabilities, request, reading);
}
