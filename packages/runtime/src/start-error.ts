/** A reason not to start that a person can act on; its message is printed as it is, without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** It may pass without anybody's doing, such as a Redis that is away. */
  readonly passing: boolean;

  constructor(message: string, { passing = false, ...options }: ErrorOptions & { passing?: boolean } = {}) {
    super(message, options);
    this.passing = passing;
  }
}

/** The sentence to stop with when a port cannot be had; any other error is given back unchanged. */
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
