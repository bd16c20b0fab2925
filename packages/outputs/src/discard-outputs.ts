import type { Egress } from "@reelqueue/egress";
import { download } from "./download.ts";
import { type OutputStore, outputKey } from "./output-store.ts";

/** An output store for benches: it fetches and hashes every byte, looks at none and keeps nothing. */
export function openDiscardOutputs({ egress, maxFileBytes }: { egress: Egress; maxFileBytes: number }): OutputStore {
  return {
    async keep(source, target, signal) {
      const downloaded = await download({
        source,
        egress,
        signal,
        sink: { write: async () => undefined, restart: async () => undefined },
        createCheck: () => ({
          push: () => undefined,
          end: async () => ({ kind: "sound", extension: "mp4", contentType: "video/mp4" }),
        }),
        maxBytes: maxFileBytes,
        reserve: async () => undefined,
      });
      if (downloaded.kind !== "complete") return downloaded;
      const { extension, ...file } = downloaded;
      return { ...file, kind: "kept", key: `${outputKey(target)}.${extension}` };
    },
    open: async () => undefined,
    stat: async () => undefined,
    freeBytes: async () => Number.POSITIVE_INFINITY,
    passport: async () => "written",
    sweep: async () => 0,
  };
}
