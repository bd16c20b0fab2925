import type { SubmitCall, SubmitResult } from "@reelqueue/providers";
import { callsBack } from "../accounts.ts";
import { callbackToken } from "../callback-token.ts";
import { withCircuitBreaker } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { withAddresses } from "../upload/files.ts";
import { idempotencyKeyOf } from "./intent.ts";
import type { Intent } from "./submit.ts";

/** One POST. Whatever goes wrong once something may have left this machine is `unknown`. */
export async function post(intent: Intent, deps: Context): Promise<SubmitResult> {
  let sending = false;
  const http = withCircuitBreaker(intent.account, deps.http);
  const call: SubmitCall = {
    http: {
      ...http,
      request: (request) => {
        sending = true;
        return http.request(request);
      },
    },
    baseUrl: intent.account.baseUrl,
    key: intent.account.key.reveal(),
    signal: AbortSignal.timeout(deps.timing.postMs),
    switches: intent.account.reading.switches,
    idempotencyKey: idempotencyKeyOf(intent),
    ...callbackUrl(intent, deps),
    dataUri: (url) => deps.media.dataUri(url),
  };
  try {
    const request = await withAddresses(intent.request, intent.account, deps);
    if (request === undefined) return { kind: "unsent", message: "its media have to be uploaded anew" };
    return await intent.account.provider.submit(request, call);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return sending ? { kind: "unknown", message, evidence: "the adapter failed" } : { kind: "unsent", message };
  }
}

function callbackUrl(intent: Intent, { publicUrl, secrets }: Context): { callbackUrl?: string } {
  if (publicUrl === undefined || !callsBack(intent.account, publicUrl)) return {};
  const token = callbackToken(secrets.callbackKey, intent.id, intent.attempt);
  return { callbackUrl: `${publicUrl}/callbacks/${intent.account.name}/${token}` };
}
