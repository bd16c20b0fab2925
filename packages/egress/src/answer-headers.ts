import type { Dispatcher } from "undici";
import { type AnswerHead, EgressError } from "./egress.ts";

type Headers = Dispatcher.ResponseData["headers"];

/** Names in lower case, as undici gives them; what came several times is joined. */
export function flat(headers: Headers): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}

/** A compressed answer could be far larger than its bytes on the wire, and none was asked for. */
export function encodingRefusal(headers: Headers, answer?: AnswerHead): EgressError | undefined {
  const encoding = String(headers["content-encoding"] ?? "identity").trim();
  if (encoding === "" || encoding.toLowerCase() === "identity") return undefined;
  return new EgressError("broken", `The answer is encoded as ${encoding}`, {
    sent: true,
    code: "CONTENT_ENCODING",
    answer,
  });
}
