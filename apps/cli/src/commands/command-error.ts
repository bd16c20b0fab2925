/** Why a command ends early; printed as it is. Exit code 2: nothing was done, and the person has to change something. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}
