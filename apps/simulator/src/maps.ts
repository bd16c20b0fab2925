/** A map of at most `limit` keys: one key too many drops the oldest. */
export class BoundedMap<Value> extends Map<string, Value> {
  readonly #limit: number;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  override set(key: string, value: Value): this {
    super.set(key, value);
    if (this.size <= this.#limit) return this;
    for (const oldest of this.keys()) {
      this.delete(oldest);
      break;
    }
    return this;
  }
}

/** The value of the key; a new one from `make` if there is none yet. */
export function findOrAdd<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}

const maxUploadedBytes = 256_000_000;

export interface Upload {
  file: Buffer;
  contentType: string;
}

/** Files uploaded by clients, in memory; above 256 MB in total the oldest are dropped. */
export class Uploads {
  readonly #files = new Map<string, Upload>();
  #bytes = 0;

  add(name: string, upload: Upload): void {
    this.#files.set(name, upload);
    this.#bytes += upload.file.length;
    for (const [oldest, { file }] of this.#files) {
      if (this.#bytes <= maxUploadedBytes) return;
      this.#files.delete(oldest);
      this.#bytes -= file.length;
    }
  }

  get(name: string): Upload | undefined {
    return this.#files.get(name);
  }
}
