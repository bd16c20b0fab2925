/** Files that clients have sent in, the newest of them only: a simulator is no storage. */
export class Uploads {
  readonly #files = new Map<string, Upload>();
  #bytes = 0;

  keep(name: string, upload: Upload): void {
    this.#files.set(name, upload);
    this.#bytes += upload.file.length;
    for (const [oldest, { file }] of this.#files) {
      if (this.#bytes <= mostBytes) return;
      this.#files.delete(oldest);
      this.#bytes -= file.length;
    }
  }

  get(name: string): Upload | undefined {
    return this.#files.get(name);
  }

  clear(): void {
    this.#files.clear();
    this.#bytes = 0;
  }
}

const mostBytes = 256_000_000;

export interface Upload {
  file: Buffer;
  contentType: string;
}
