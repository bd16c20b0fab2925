export type StorageErrorKind =
  /** No room left, or less than the floor. */
  | "full"
  /** This process may not write or read there. */
  | "denied"
  /** What should be there is not. */
  | "missing"
  /** The disk failed. */
  | "broken";

/** A fault of the storage, as opposed to one of what is to be stored. */
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

/** Any error of the file system as one of this seam. */
export function storageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StorageError(kinds[errorCode(error) ?? ""] ?? "broken", message, { cause: error });
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
