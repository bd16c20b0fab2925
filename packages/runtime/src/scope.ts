type Closable = AsyncDisposable | Disposable;

/** An AsyncDisposableStack that names what it is closing and what it has not closed yet. A resource opened after that is closed at once. */
export class TrackedScope extends AsyncDisposableStack {
  readonly #open: string[] = [];
  #closing: string | undefined;

  /** The resource that is being closed. */
  get closing(): string | undefined {
    return this.#closing;
  }

  /** The resources that are still open, as one phrase. */
  get unreached(): string {
    return this.#open.join(", ") || "nothing";
  }

  override use<T extends Closable | null | undefined>(value: T): T {
    if (value === null || value === undefined) return super.use(value);
    const close = closerOf(value);
    this.#track(nameOf(value), close);
    return value;
  }

  override adopt<T>(value: T, close: (value: T) => PromiseLike<void> | void): T {
    this.#track(close.name || nameOf(value), () => close(value));
    return value;
  }

  override defer(close: () => PromiseLike<void> | void): void {
    this.#track(close.name || "closer", close);
  }

  #track(name: string, close: () => PromiseLike<void> | void): void {
    if (this.disposed) void Promise.try(close).catch(() => {});
    const label = `${name}${openedAt()}`;
    super.defer(async () => {
      this.#closing = this.#open.pop();
      await close();
      this.#closing = undefined;
    });
    this.#open.push(label);
  }
}

function closerOf(value: Closable): () => PromiseLike<void> | void {
  if (Symbol.asyncDispose in value) return () => value[Symbol.asyncDispose]();
  if (Symbol.dispose in value) return () => value[Symbol.dispose]();
  throw new TypeError(`${nameOf(value)} cannot be closed: it has neither Symbol.asyncDispose nor Symbol.dispose`);
}

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  if ("name" in value && typeof value.name === "string" && value.name) return value.name;
  return value.constructor?.name ?? "object";
}

/** File and line of the caller, to name resources without a name of their own. */
function openedAt(): string {
  const lines = new Error().stack?.split("\n") ?? [];
  const caller = lines.slice(1).find((line) => !line.includes(import.meta.url));
  const place = caller?.match(/([^/\\()\s]+:\d+):\d+\)?$/)?.[1];
  return place ? ` (opened at ${place})` : "";
}
