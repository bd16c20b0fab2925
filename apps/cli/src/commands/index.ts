import { cancel, pause, replay, resume, retry } from "./actions.ts";
import { doctor } from "./doctor.ts";
import { enqueue } from "./enqueue/run.ts";
import { get, list, watch } from "./get.ts";
import { orphans } from "./orphans.ts";
import { quote } from "./quote.ts";
import { review } from "./review.ts";
import { key, webhookSecret } from "./secrets.ts";

/** Every command but those that start a system. */
export const commands = [
  enqueue,
  quote,
  get,
  watch,
  list,
  cancel,
  retry,
  review,
  orphans,
  pause,
  resume,
  doctor,
  replay,
  key,
  webhookSecret,
];
