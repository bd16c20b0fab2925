export type StorageErrorKind =
  /** No space left, or less than the floor. */
  | "full"
  /** This process has no permission to read or write. */
  | "denied"
  /** A file or folder does not exist. */
  | "missing"
  /** Any other I/O error. */
  | "broken";

/** An error of the storage itself, not of the content to be stored. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly kind: StorageErrorKind;

  constructor(kind: StorageErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const kinds: Readonly<Record<string, StorageErrorKind>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ENOENT: "missing",
};

/** Maps an error of the file system to a StorageError. */
export function storageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StorageError(kinds[errorCode(error) ?? ""] ?? "broken", message, { cause: error });
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
