import { EgressError } from "@reelqueue/egress";
import type { SubmitCall, SubmitResult } from "@reelqueue/providers";
import { callbackToken, callsBack } from "../callback-url.ts";
import { withCircuitBreaker } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { withAddresses } from "../upload/files.ts";
import type { Intent } from "./intent.ts";
import { idempotencyKeyOf } from "./intent.ts";

/**
 * Sends one POST, or none after the start budget; `checkedAt`: when the account was asked whether it takes submits, by
 * `performance.now()`. Every error after the first byte may have been sent is `unknown`.
 */
export async function post(intent: Intent, checkedAt: number, ctx: Context): Promise<SubmitResult> {
  let sending = false;
  const leftMs = () => checkedAt + ctx.timing.startBudgetMs - performance.now();
  const http = withCircuitBreaker(intent.account, ctx.http);
  const call: SubmitCall = {
    http: {
      ...http,
      request: async (request) => {
        const sendWithinMs = leftMs();
        if (sendWithinMs <= 0) throw new EgressError("aborted", tooLate, { sent: false, code: "NOT_IN_TIME" });
        sending = true;
        return http.request({ ...request, sendWithinMs });
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
    if (leftMs() <= 0) return { kind: "unsent", message: tooLate };
    const request = await withAddresses(intent.request, intent.account, ctx);
    if (request === undefined) return { kind: "unsent", message: "its media have to be uploaded again" };
    return await intent.account.provider.submit(request, call);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return sending ? { kind: "unknown", message, evidence: "the adapter failed" } : { kind: "unsent", message };
  }
}

const tooLate = "the worker stood still between intent and POST";

function callbackUrl(intent: Intent, { publicUrl, secrets }: Context): { callbackUrl?: string } {
  if (publicUrl === undefined || !callsBack(intent.account, publicUrl)) return {};
  const { id: generation, attempt, hasOldCallback, account } = intent;
  const { name } = account;
  const named = { generation, attempt, ...(!hasOldCallback && { account: name }) };
  const token = callbackToken(secrets.callbackKey, named);
  return { callbackUrl: `${publicUrl}/callbacks/${name}/${token}` };
}
