import type { GenerationRequest } from "@reelqueue/contracts";
import { pricePerSecond } from "../pricing.ts";
import type { Quote, Reading } from "../provider.ts";
import { capabilities } from "./capabilities.ts";

/** Per second of video (FOUND); no amounts are documented. */
export function price(request: GenerationRequest, reading: Reading): Quote {
  return pricePerSecond(capabilities, request, reading);
}
