/** Both bounds are allowed; if `open`, neither is. */
export interface Interval {
  min: number;
  max: number;
  open?: boolean;
}

/** The limits of a provider's document for one kind of media; absent: no limit. */
export interface FileLimits {
  formats?: readonly MediaFormat[];
  /** Width and height, each. */
  sidePixels?: Interval;
  /** Width by height. */
  ratio?: Interval;
  /** Width times height. */
  areaPixels?: Interval;
  bytes?: { max: number; open?: boolean };
  /**
   * The length of one file, compared in whole milliseconds. `slack` extends both bounds by what encoders add: 15 s of
   * sound are 15.047 s as MP3 at 44,100 Hz, and 15 s made by Seedance are 361 frames, 15.042 s.
   */
  seconds?: Interval & { slack?: number };
  /** The total length of all files, compared in the same way, with `slack` for each file. */
  totalSeconds?: { max: number; slack?: number };
  framesPerSecond?: Interval;
  /** Classes such as 480p and 720p, by the shorter side; see `linesOf`. */
  verticalLines?: readonly number[];
}

export interface BrokenLimit {
  limit: keyof FileLimits;
  given: string;
  allowed: string;
}

type LimitCheck<Limit extends keyof FileLimits> = (
  limit: NonNullable<FileLimits[Limit]>,
  facts: MediaFacts,
) => Omit<BrokenLimit, "limit"> | undefined;

/** All limits that one file breaks, in the order of the type. A limit on an unknown fact is not checked. */
export function brokenLimits(facts: MediaFacts, limits: FileLimits): BrokenLimit[] {
  const names = Object.keys(checks) as (keyof typeof checks)[];
  return names.flatMap((limit) => {
    const broken = checkLimit(limit, facts, limits);
    return broken ? [{ limit, ...broken }] : [];
  });
}

/** The limit on the total length of all files of one kind, if it is broken; a file of unknown length counts as 0. */
export function brokenTotal(files: readonly MediaFacts[], { totalSeconds }: FileLimits): BrokenLimit[] {
  if (!totalSeconds) return [];
  const { max, slack = 0 } = totalSeconds;
  const totalMs = files.reduce((sum, { seconds = 0 }) => sum + ms(seconds), 0);
  if (totalMs <= ms(max) + ms(slack) * files.length) return [];
  return [{ limit: "totalSeconds", given: `${totalMs / 1_000} s in total`, allowed: `at most ${max} s in total` }];
}

/**
 * The lengths of the shorter side that count as a class of vertical lines: 7/8 to 4/3 of it, both included. INFERRED:
 * no document defines `480p` and `720p`. DOCUMENTED (toapis.com, table of pixels by resolution and ratio): the 720p
 * videos of Seedance are 630 lines high at 21:9 and 960 at 1:1, its 480p videos 432 to 640; the classes include these.
 */
export function linesOf(verticalLines: number): Interval {
  return { min: (verticalLines * 7) / 8, max: (verticalLines * 4) / 3 };
}

const checks: { [Limit in Exclude<keyof FileLimits, "totalSeconds">]: LimitCheck<Limit> } = {
  formats: (formats, { format }) =>
    formats.includes(format) ? undefined : { given: format, allowed: formats.join(", ") },
  sidePixels(interval, facts) {
    const { width, height } = facts;
    if (width === undefined || height === undefined || (within(interval, width) && within(interval, height)))
      return undefined;
    return { given: pixels(facts), allowed: `sides of ${range(interval, "pixels")}` };
  },
  ratio(interval, { width, height }) {
    if (width === undefined || height === undefined || within(interval, width / height)) return undefined;
    return {
      given: `${width} by ${height} = ${shortened(width / height)}`,
      allowed: range(interval, "width by height"),
    };
  },
  areaPixels(interval, facts) {
    const { width, height } = facts;
    if (width === undefined || height === undefined || within(interval, width * height)) return undefined;
    return { given: `${pixels(facts)} = ${width * height}`, allowed: range(interval, "pixels in total") };
  },
  bytes: ({ max, open = false }, { bytes }) =>
    bytes < max || (bytes === max && !open)
      ? undefined
      : { given: `${bytes} bytes`, allowed: `${open ? "less than" : "at most"} ${max} bytes` },
  seconds(interval, { seconds }) {
    const { min, max, slack = 0, open = false } = interval;
    const slackMs = ms(slack);
    const inMs = { min: ms(min) - slackMs, max: ms(max) + slackMs, open };
    if (seconds === undefined || within(inMs, ms(seconds))) return undefined;
    return { given: `${seconds} s`, allowed: range(interval, "s") };
  },
  framesPerSecond: (interval, { framesPerSecond }) =>
    framesPerSecond === undefined || within(interval, framesPerSecond)
      ? undefined
      : { given: `${framesPerSecond} frames/s`, allowed: range(interval, "frames/s") },
  verticalLines(classes, facts) {
    const { width, height } = facts;
    if (width === undefined || height === undefined) return undefined;
    const shorter = Math.min(width, height);
    if (classes.some((lines) => within(linesOf(lines), shorter))) return undefined;
    return { given: pixels(facts), allowed: classes.map((lines) => `${lines}p`).join(", ") };
  },
};

function checkLimit<Limit extends keyof typeof checks>(limit: Limit, facts: MediaFacts, limits: FileLimits) {
  const given = limits[limit];
  return given === undefined ? undefined : checks[limit](given, facts);
}

function within({ min, max, open = false }: Interval, value: number): boolean {
  return open ? value > min && value < max : value >= min && value <= max;
}

/** Whole milliseconds, because sums of binary fractions are not exact. */
function ms(seconds: number): number {
  return Math.round(seconds * 1_000);
}

function pixels({ width, height }: MediaFacts): string {
  return `${width} × ${height} pixels`;
}

function range({ min, max, open = false }: Interval, unit: string): string {
  return open ? `more than ${min} and less than ${max} ${unit}` : `${min} to ${max} ${unit}`;
}

function shortened(value: number): string {
  return value.toFixed(4).replace(/\.?0+$/, "");
}

/** The kind of media that a request uses a file as. */
export type MediaKind = "image" | "video" | "audio";

/** The real format of a file. `heic`: any HEIF with HEVC; `m4a`: an MP4 without a picture. */
export type MediaFormat =
  | "jpeg"
  | "png"
  | "webp"
  | "bmp"
  | "tiff"
  | "gif"
  | "heic"
  | "avif"
  | "mp4"
  | "mov"
  | "m4a"
  | "webm"
  | "mkv"
  | "ts"
  | "wav"
  | "mp3"
  | "aac"
  | "flac"
  | "ogg";

/** The properties of a media file by its bytes; its name and its server do not count. */
export interface MediaFacts {
  format: MediaFormat;
  bytes: number;
  /** In pixels as displayed: rotated by the file's orientation (except HEIC and TIFF), with square pixels. */
  width?: number;
  height?: number;
  /** The length of the video track, otherwise of the audio track, to the millisecond. */
  seconds?: number;
  /** The constant rate of a video, or the median of a variable one. */
  framesPerSecond?: number;
}
