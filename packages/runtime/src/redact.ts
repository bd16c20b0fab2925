import { Secret, strikeKnown } from "./secret.ts";

const mask = "[secret]";
const deepest = 10;
const longestList = 200;
const longestTextChars = 8_192;

/** A copy for the log: fields with secret names masked at any depth, texts scrubbed, errors with their causes, bounded in size. */
export function redact(value: unknown): unknown {
  return copy(value, new Set());
}

const secretWord = /^(?:.*(?:key|token|signature|secret|password|passphrase|credential|cookie|authorization))s?$/;
const secretAnywhere = /secret|password|passphrase|credential|cookie|authorization/;

function isSecretName(name: string): boolean {
  const lower = name.toLowerCase();
  const lastWord = name
    .slice(-64)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .at(-1);
  return secretAnywhere.test(lower) || secretWord.test(lastWord ?? "");
}

const name = String.raw`(?:[\w.-]{0,40}(?:signature|credential|token|secret|password|key)|sig|sign|auth|policy)`;
const patterns: readonly [RegExp, string][] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${mask}`],
  [/\bwhsec_[\w+/=-]+/g, mask],
  [/\bsk-[\w-]{4,}/g, mask],
  // userinfo of a URL
  [/(:\/\/)[^\s/@"'\\]{1,256}@/g, `$1${mask}@`],
  // name=value, as in a query
  [new RegExp(String.raw`\b(${name}=)[^&\s"'#\\]+`, "gi"), `$1${mask}`],
  // the same inside a URL that is itself a parameter
  [new RegExp(String.raw`(${name}%3D)[^&\s"'#\\%]+`, "gi"), `$1${mask}`],
  // "name": "value", as in JSON that was logged as a text
  [
    /("[\w.-]{0,40}(?:key|token|secret|password|authorization|signature|cookie)s?\\?"\s{0,4}:\s{0,4}\\?")[^"\\]+/gi,
    `$1${mask}`,
  ],
];

/** No pattern matches a text without one of these characters, so most lines are scanned only once. */
const suspicious = /bearer|basic|whsec_|sk-|@|=|%3d|key|token|secret|password|authorization|signature|cookie/i;

/** The text without anything that looks like a credential: bearer tokens, API keys, webhook secrets, signatures in queries, passwords in URLs. */
export function scrub(text: string): string {
  let scrubbed = strikeKnown(text);
  if (!suspicious.test(scrubbed)) return scrubbed;
  for (const [pattern, replacement] of patterns) scrubbed = scrubbed.replace(pattern, replacement);
  return scrubbed;
}

function copy(value: unknown, parents: Set<object>): unknown {
  if (typeof value === "string") return scrub(cut(value));
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Secret) return mask;
  if (value instanceof Date) return value;
  if (value instanceof URL) return scrub(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (parents.has(value)) return "[circular]";
  if (parents.size >= deepest) return "[deep]";
  parents.add(value);
  const copied = copyObject(value, parents);
  parents.delete(value);
  return copied;
}

function copyObject(value: object, parents: Set<object>): unknown {
  if (value instanceof Error) return copyError(value, parents);
  if (value instanceof Map)
    return copyFields(
      [...value].map(([key, item]) => [String(key), item]),
      parents,
    );
  if (value instanceof Set) return copyList([...value], parents);
  if (Array.isArray(value)) return copyList(value, parents);
  return copyFields(fieldsOf(value), parents);
}

function copyError(error: Error, parents: Set<object>): unknown {
  const { name: type, message, stack, cause } = error;
  const own = fieldsOf(error).filter(([field]) => field !== "stack" && field !== "message" && field !== "cause");
  return {
    ...copyFields(own, parents),
    type,
    message: copy(message, parents),
    stack: copy(stack, parents),
    ...(cause === undefined ? {} : { cause: copy(cause, parents) }),
    ...(error instanceof AggregateError ? { errors: copyList(error.errors, parents) } : {}),
  };
}

function copyList(list: readonly unknown[], parents: Set<object>): unknown[] {
  const shown = list.slice(0, longestList);
  // raw headers come as a flat list: name, value, name, value
  const copied = shown.map((item, index) => (followsSecretName(shown, index) ? maskOf(item) : copy(item, parents)));
  return list.length > longestList ? [...copied, `[${list.length - longestList} more]`] : copied;
}

function followsSecretName(list: readonly unknown[], index: number): boolean {
  const before = list[index - 1];
  return typeof list[index] === "string" && typeof before === "string" && before.length <= 64 && isSecretName(before);
}

function copyFields(fields: readonly (readonly [string, unknown])[], parents: Set<object>): Record<string, unknown> {
  const copied = fields
    .slice(0, longestList)
    .map(([field, item]) => [scrub(cut(field)), isSecretName(field) ? maskOf(item) : copy(item, parents)] as const);
  return Object.fromEntries(copied);
}

/** Numbers and booleans are no secrets, whatever their name (`completionTokens`). */
function maskOf(value: unknown): unknown {
  return typeof value === "string" || (typeof value === "object" && value !== null) ? mask : value;
}

/** Reads a property; a getter that throws does not prevent the log line. */
function fieldsOf(value: object): [string, unknown][] {
  return Object.keys(value).map((field) => {
    try {
      return [field, Reflect.get(value, field)];
    } catch {
      return [field, "[unreadable]"];
    }
  });
}

function cut(text: string): string {
  if (text.length <= longestTextChars) return text;
  return `${text.slice(0, longestTextChars)}… [${text.length - longestTextChars} more characters]`;
}
