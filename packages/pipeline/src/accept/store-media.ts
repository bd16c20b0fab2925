import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import { type MediaStore, parseDataUri } from "@reelqueue/media";

type Stored = { kind: "stored"; request: GenerationRequest } | { kind: "refused"; problems: Problem[] };

/** The largest file that any provider documents (000: a reference video of 50 MB). */
const largestInlineBytes = 52_428_800;

type Place = { kind: "place"; url: string } | { kind: "problem"; problem: Problem };

interface MediaOptions {
  localFiles?: boolean;
  /** Accepts names of the media store whose files do not exist yet. */
  dryRun?: boolean;
}

/** Moves inline and local media into the media store, so that the record holds only URLs. */
export async function storeMedia(
  request: GenerationRequest,
  options: MediaOptions,
  media: MediaStore,
): Promise<Stored> {
  const problems: Problem[] = [];
  const replaced = async <Item extends { url: string }>(items: Item[], name: string): Promise<Item[]> => {
    const list: Item[] = [];
    for (const [i, item] of items.entries()) {
      const place = await storeOne(item.url, `${name}[${i}].url`, options, media);
      if (place.kind === "problem") problems.push(place.problem);
      else list.push(place.url === item.url ? item : { ...item, url: place.url });
    }
    return list;
  };
  const images = await replaced(request.images, "images");
  const videos = await replaced(request.videos, "videos");
  const audios = await replaced(request.audios, "audios");
  if (problems.length > 0) return { kind: "refused", problems };
  return { kind: "stored", request: { ...request, images, videos, audios } };
}

async function storeOne(
  url: string,
  field: string,
  { localFiles = false, dryRun = false }: MediaOptions,
  media: MediaStore,
): Promise<Place> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case "http":
    case "https":
    case "asset":
      return { kind: "place", url };
    case "media":
      return (dryRun && /^media:\/\/[0-9a-f]{64}\.[a-z0-9]{3,4}$/.test(url)) || (await media.has(url))
        ? { kind: "place", url }
        : bad(field, url, "a file that is in the media store");
    case "data": {
      const read = parseDataUri(url, largestInlineBytes);
      if (read.kind === "bytes") return stored(await media.put(read.bytes, read.contentType), field);
      return bad(
        field,
        "a data URI",
        read.kind === "malformed"
          ? `data:<type>;base64,<bytes>: this one ${read.reason}`
          : `at most ${read.limitBytes} bytes`,
      );
    }
    default:
      if (!localFiles || scheme !== undefined)
        return bad(
          field,
          url.slice(0, 80),
          "an https:// or http:// URL, a data: URI, asset://<id> or media://<sha256>",
        );
      return stored(await media.put({ path: url }), field, url);
  }
}

function stored(put: Awaited<ReturnType<MediaStore["put"]>>, field: string, given = "inline media"): Place {
  switch (put.kind) {
    case "stored":
      return { kind: "place", url: put.url };
    case "too_large":
      return bad(field, given, `at most ${put.limitBytes} bytes`);
    case "full":
      return bad(
        field,
        given,
        `more room on this server's disk: ${put.freeBytes} bytes are free, ${put.needBytes} are needed`,
      );
    case "unknown_type":
    case "unreadable":
      return bad(field, given, `a readable image, video or sound file: ${put.reason}`);
  }
}

function bad(field: string, given: string, allowed: string): Place {
  return {
    kind: "problem",
    problem: {
      field,
      given,
      allowed,
      rule: "schema",
      label: "SCHEMA",
      source: "the request schema",
      severity: "error",
    },
  };
}
