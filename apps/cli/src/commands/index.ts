import { cancel } from "./cancel.ts";
import { doctor } from "./doctor.ts";
import { enqueue } from "./enqueue/command.ts";
import { get } from "./get.ts";
import { key } from "./key.ts";
import { list } from "./list.ts";
import { pause } from "./pause.ts";
import { quote } from "./quote/command.ts";
import { replay } from "./replay.ts";
import { resume } from "./resume.ts";
import { retry } from "./retry.ts";
import { review } from "./review.ts";
import { watch } from "./watch.ts";
import { webhookSecret } from "./webhook-secret.ts";

/** Every command that speaks to the API. */
export const commands = [
  enqueue,
  quote,
  get,
  watch,
  list,
  cancel,
  retry,
  review,
  pause,
  resume,
  doctor,
  replay,
  key,
  webhookSecret,
];
