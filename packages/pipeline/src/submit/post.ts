import type { SubmitCall, SubmitResult } from "@reelqueue/providers";
import { callbackToken, callsBack } from "../callback-url.ts";
import { withCircuitBreaker } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { withAddresses } from "../upload/files.ts";
import type { Intent } from "./intent.ts";
import { idempotencyKeyOf } from "./intent.ts";

/** Sends one POST. Every error after the first byte may have been sent is `unknown`. */
export async function post(intent: Intent, ctx: Context): Promise<SubmitResult> {
  let sending = false;
  const http = withCircuitBreaker(intent.account, ctx.http);
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
    signal: AbortSignal.timeout(ctx.timing.postMs),
    switches: intent.account.reading.switches,
    idempotencyKey: idempotencyKeyOf(intent),
    ...callbackUrl(intent, ctx),
    dataUri: (url) => ctx.media.dataUri(url),
  };
  try {
    const request = await withAddresses(intent.request, intent.account, ctx);
    if (request === undefined) return { kind: "unsent", message: "its media have to be uploaded again" };
    return await intent.account.provider.submit(request, call);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return sending ? { kind: "unknown", message, evidence: "the adapter failed" } : { kind: "unsent", message };
  }
}

function callbackUrl(intent: Intent, { publicUrl, secrets }: Context): { callbackUrl?: string } {
  if (publicUrl === undefined || !callsBack(intent.account, publicUrl)) return {};
  const { name } = intent.account;
  const token = callbackToken(secrets.callbackKey, { account: name, generation: intent.id, attempt: intent.attempt });
  return { callbackUrl: `${publicUrl}/callbacks/${name}/${token}` };
}
