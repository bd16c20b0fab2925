/** Why a process cannot start. The message says what to do; it is printed without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** True where a later start may succeed by itself, for example once Redis is available. */
  readonly passing: boolean;

  constructor(message: string, { passing = false, ...options }: ErrorOptions & { passing?: boolean } = {}) {
    super(message, options);
    this.passing = passing;
  }
}

/** A StartError if a port cannot be used; any other error unchanged. */
export function portProblem(error: unknown, port: number, variable = "PORT"): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return new StartError(`port ${port} is in use; set ${variable} or stop the other process`, { cause: error });
  }
  if (code === "EACCES") {
    return new StartError(`port ${port} may not be opened by this user; set ${variable} to a port above 1023`, {
      cause: error,
    });
  }
  return error;
}
