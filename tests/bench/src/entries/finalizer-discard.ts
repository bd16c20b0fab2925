import { openFinalizer } from "@reelqueue/finalizer";
import { readEnv } from "@reelqueue/finalizer/env";
import { openDiscardOutputs } from "@reelqueue/media";
import { run } from "@reelqueue/runtime";

/** The finalizer with an output store that downloads and discards. */
const env = readEnv();
const maxFileBytes = 1_073_741_824;

await run((scope) =>
  openFinalizer(scope, env, {
    adjust: (it) => ({ ...it, outputs: openDiscardOutputs({ egress: it.http, maxFileBytes }) }),
  }),
);
