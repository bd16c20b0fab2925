export type StackErrorKind =
  | "already_running"
  | "port_taken"
  | "redis_missing"
  | "redis_unreachable"
  | "not_started"
  | "stopped";

/** Why the local machine cannot run the system; the message is one sentence that says what to do. */
export class StackError extends Error {
  readonly kind: StackErrorKind;

  constructor(kind: StackErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "StackError";
    this.kind = kind;
  }
}
