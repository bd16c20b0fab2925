export { type DeliverRequest, type DeliveryOutcome, deliver } from "./deliver.ts";
export { deliveryDelaysMs, type NextTry, nextTry } from "./schedule.ts";
export { newSecret, type Signing, secretOf, sign, type Verification, verify } from "./signature.ts";
