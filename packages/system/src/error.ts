export type SystemErrorKind =
  | "already_running"
  | "port_taken"
  | "redis_missing"
  | "redis_unreachable"
  | "not_started"
  | "stopped";

/** Why the local machine cannot run the system; the message is one sentence that says what to do. */
export class SystemError extends Error {
  readonly kind: SystemErrorKind;

  constructor(kind: SystemErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "SystemError";
    this.kind = kind;
  }
}
