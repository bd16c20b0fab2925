import type { FailureClass, Label } from "@reelqueue/contracts";
import { retryAfterMs } from "@reelqueue/egress";
import { gatewayRefusal, saysBalance } from "./balance.ts";
import type { Exchange } from "./exchange.ts";

/** The format in which one provider reports errors. */
export interface ErrorFormat {
  /** The error in the body; undefined if the body is not in the provider's own words. */
  refusal(body: unknown): Refusal | undefined;
  /** The error in an answer with a success status, and the status that fits it. */
  refusedWithin?(body: unknown): { status: number; refusal: Refusal } | undefined;
  requestErrors: readonly ErrorRule[];
}

/** An error that a provider reported in its own format. */
export interface Refusal {
  code?: string | undefined;
  message: string;
}

/** The meaning of a reported error, for the account, the task or the generation. */
export type Meaning = "key" | "balance" | "throttled" | "missing" | "unknown" | FailureClass;

/** One row of a provider's error table; a row applies if every present field matches. */
export interface ErrorRule {
  status?: number;
  code?: RegExp;
  text?: RegExp;
  means: Meaning;
  label: Label;
  source: string;
}

/** One row of the table of task failures. */
export type TaskErrorRule = Omit<ErrorRule, "status" | "means"> & { means: FailureClass };

export type Answer = Extract<Exchange, { kind: "answer" }>;

export interface ReportedError {
  meaning: Meaning;
  message: string;
  code?: string | undefined;
}

/** The error that an answer reports; undefined for a success that reports none. */
export function readError(format: ErrorFormat, { status, body, evidence }: Answer): ReportedError | undefined {
  const empty = emptyBalance(format, status, body);
  if (empty) return empty;
  if (isSuccess(status)) {
    const within = format.refusedWithin?.(body);
    return within && classified(within.status, within.refusal, format.requestErrors);
  }
  const refusal = format.refusal(body);
  if (refusal) return classified(status, refusal, format.requestErrors);
  if (status === 429) return { meaning: "throttled", message: evidence };
  return { meaning: "unknown", message: `HTTP ${status}, not in the provider's own words` };
}

/** An empty balance in any form: the provider's own or a gateway's, with a client error or a success. */
function emptyBalance(format: ErrorFormat, status: number, body: unknown): ReportedError | undefined {
  if (!isSuccess(status) && !isClientError(status)) return undefined;
  const own = isSuccess(status) ? format.refusedWithin?.(body)?.refusal : format.refusal(body);
  const refusal = [own, gatewayRefusal(body)].find((each) => each && saysBalance(each, status));
  return refusal && { ...refusal, meaning: "balance" };
}

/** The meaning of a refusal by the first rule that applies, otherwise by its HTTP status. */
export function meaningOf(status: number, refusal: Refusal, rules: readonly ErrorRule[]): Meaning {
  const means = rules.find(
    (rule) => (rule.status === undefined || rule.status === status) && matches(rule, refusal),
  )?.means;
  // A server error may follow the creation of a task; only a 503 that is documented as "busy" is a definite refusal.
  if (status === 503) return means === "throttled" ? "throttled" : "unknown";
  if (!isClientError(status)) return "unknown";
  return means ?? "rejected";
}

/** A request that was refused; a 408 may follow the creation of a task. */
function isClientError(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408;
}

/** The class of a failed task by the first rule that applies; otherwise `unclassified`. */
export function failureClassOf(refusal: Refusal, rules: readonly TaskErrorRule[]): FailureClass {
  return rules.find((rule) => matches(rule, refusal))?.means ?? "unclassified";
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function retryAfterOf({ headers }: Answer): { retryAfterMs?: number } {
  const ms = retryAfterMs(headers, Date.now());
  return ms === undefined ? {} : { retryAfterMs: ms };
}

export function failureOf(meaning: FailureClass, code: string | undefined, message: string) {
  return { class: meaning, message, ...(code === undefined ? {} : { code }) };
}

function classified(status: number, refusal: Refusal, rules: readonly ErrorRule[]): ReportedError {
  if (status === 429) return { ...refusal, meaning: "throttled" };
  return { ...refusal, meaning: meaningOf(status, refusal, rules) };
}

function matches({ code, text }: Pick<ErrorRule, "code" | "text">, refusal: Refusal): boolean {
  return (code?.test(refusal.code ?? "") ?? true) && (text?.test(refusal.message) ?? true);
}

/** Codes of Volcengine Ark, and words of content rules in messages of resellers. */
const rules = "sensitive|moderation|nsfw|copyright|polic(y|ies)|guideline|violat|违规|敏感|违反|审核";
/** Words of content rules near words for one side of the task. */
const about = (side: string) => new RegExp(`(${side}).{0,40}(${rules})|(${rules}).{0,40}(${side})`, "i");
const output = about("output|generated|\\bresults?\\b|输出|生成的|生成内容|生成结果");
const input = about("input|prompt|upload|reference|输入|提示词|上传|参考");
const moderation =
  /SensitiveContentDetected|RiskDetection|ContentSecurityDetection|moderation|content.{0,20}(polic|reject|violat|block|refus)|(polic|guideline).{0,20}violat|sensitive|nsfw|copyright|违规|敏感|违反|审核/i;
const invalid =
  /InvalidParameter|MissingParameter|invalid (param|image|video|audio|input|request)|unsupported (format|image|video|audio)|rejected the (input|request)/i;
const fault =
  /InternalService|ServerOverloaded|(internal|server|service|system) (error|failure)|\bupstream\b|time(d)?[ -]?out|temporarily|unavailable|overloaded|try again|上游|(服务|系统|内部)(器)?(异常|错误|繁忙|超时)|稍后(再试|重试)/i;

const source = "codes of Ark, DOCUMENTED there, and plain words; that a reseller forwards them is INFERRED";
const row = { label: "INFERRED", source } as const;

/** A content rule refuses one side of the task, by codes of Ark or by words. */
export const sideErrors = [
  { text: /Output\w*(Sensitive|RiskDetection)/, means: "output_refused", ...row },
  { text: /Input\w*(Sensitive|RiskDetection)|rejected the prompt/i, means: "input_refused", ...row },
  { text: output, means: "output_refused", ...row },
  { text: input, means: "input_refused", ...row },
] as const;

/** A content rule refuses the input or the output; the words may tell which. */
export const contentErrors = [...sideErrors, { text: moderation, means: "moderation", ...row }] as const;

/** For a provider that documents no codes of failed tasks: the codes of Ark, forwarded by the reseller. */
export const forwardedErrors: readonly TaskErrorRule[] = [
  ...contentErrors,
  { text: invalid, means: "rejected", ...row },
  { text: fault, means: "upstream", ...row },
];
