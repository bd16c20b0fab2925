import type { Interval, MediaLimits } from "../media-limits.ts";
import type { MediaRule } from "../media-rules.ts";

/** What a provider's documents say about media files, as a table. */
export function fileRules(rules: readonly MediaRule[]): string[] {
  if (rules.length === 0) return [];
  const rows = rules.map(({ id, of, limits, on, label, source }) => {
    const condition = on === undefined ? "" : ` (with \`${on}\`)`;
    return `| ${id} | ${of.map(named).join(", ")}${condition} | ${limitsText(limits)} | ${label}: ${source} |`;
  });
  return ["| rule | files | allowed | rests on |", "|---|---|---|---|", ...rows, ""];
}

function named(kind: MediaRule["of"][number]): string {
  return { frame: "frames", image: "reference images", video: "videos", audio: "sounds" }[kind];
}

function limitsText(limits: MediaLimits): string {
  const { formats, sidePixels, ratio, areaPixels, bytes, seconds, totalSeconds, framesPerSecond, verticalLines } =
    limits;
  const parts = [
    formats?.join(", "),
    verticalLines?.map((lines) => `${lines}p`).join(", "),
    sidePixels && `sides of ${range(sidePixels)} pixels`,
    areaPixels && `${range(areaPixels)} pixels in all`,
    ratio && `width by height ${range(ratio)}`,
    framesPerSecond && `${range(framesPerSecond)} frames/s`,
    seconds && `${range(seconds)} s`,
    totalSeconds && `${totalSeconds.max} s in all`,
    bytes && `${bytes.open ? "less than" : "up to"} ${bytes.max / 1_048_576} MiB`,
  ];
  return parts.filter((part) => part !== undefined).join("; ");
}

function range({ min, max, open = false }: Interval): string {
  return open ? `more than ${min} and less than ${max}` : `${min} to ${max}`;
}
