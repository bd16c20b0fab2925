import { z } from "zod";
import { text } from "./fields.ts";

/**
 * Codes and words of an empty balance, in English and Chinese (INFERRED: the forms of one-api and new-api gateways, which
 * many resellers run).
 */
const codes =
  /insufficient[_-]?(user[_-]?)?(quota|balance|credit|fund)|(quota|balance|credit)s?[_-]?(is[_-])?(not[_-]?enough|insufficient|exhausted)|not[_-]?enough[_-]?(quota|balance|credit)|overdue|arrears/i;
const words =
  /(quota|balance|credits?|funds?)\b.{0,30}(not enough|insufficient|exhausted|used up|depleted|too low|run out)|(not enough|insufficient|out of|no)\s+(user |account )?(quota|balance|credits?|funds?)\b|(余额|额度|积分|点数).{0,6}(不足|不够|耗尽|用完|用尽|失败)|(剩余|可用)额度|欠费|充值/i;

/** Whether a refusal names an empty balance. The words of a 429 may be about the rate; its code counts. */
export function saysBalance(
  { code = "", message }: { code?: string | undefined; message: string },
  status: number,
): boolean {
  return codes.test(code) || (status !== 429 && words.test(message));
}

const code = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);
const none = z.undefined().optional();
const nothing = z.null().optional();
/** What an answer about a task has: such an answer is no refusal of a request. */
const noTask = { id: none, task_id: none, taskId: none, task: none, status: none };

/** The forms in which a gateway in front of a provider reports an error: flat, or nested in `error`. */
const gatewayForms = z.union([
  z.object({ ...noTask, error: z.object({ code, type: text, message: text }) }).transform(({ error }) => error),
  z
    .object({ ...noTask, code, reason: text, message: text, msg: text, data: nothing })
    .transform(({ reason, code: given, message, msg }) => ({
      code: reason ?? given,
      type: undefined,
      message: message ?? msg,
    })),
]);

/** The error that a gateway reports in its own form; undefined for any other body. */
export function gatewayRefusal(body: unknown): { code: string | undefined; message: string } | undefined {
  const read = gatewayForms.safeParse(body).data;
  const named = read?.code ?? read?.type;
  if (read === undefined || (named === undefined && read.message === undefined)) return undefined;
  return { code: named, message: read.message ?? named ?? "" };
}
