/** Both bounds allowed, unless it is open: then neither. */
export interface Interval {
  min: number;
  max: number;
  open?: boolean;
}

/** What a provider's document allows of one kind of media. What is left out is not limited. */
export interface MediaLimits {
  formats?: readonly MediaFormat[];
  /** Width and height, each. */
  sidePixels?: Interval;
  /** Width by height. */
  ratio?: Interval;
  /** Width times height. */
  areaPixels?: Interval;
  bytes?: { max: number; open?: boolean };
  /**
   * Of one file, compared in whole milliseconds. So much `slack` is let pass beyond both bounds for what encoders add:
   * 15 s of sound are 15.047 s as MP3 at 44,100 Hz, and 15 s made by Seedance are 361 frames, 15.042 s.
   */
  seconds?: Interval & { slack?: number };
  /** Of all files together, compared likewise, with so much slack for each of them. */
  totalSeconds?: { max: number; slack?: number };
  framesPerSecond?: Interval;
  /** Classes such as 480p and 720p, by the shorter side; see `linesOf`. */
  verticalLines?: readonly number[];
}

export interface BrokenLimit {
  limit: keyof MediaLimits;
  given: string;
  allowed: string;
}

type Judge<Limit extends keyof MediaLimits> = (
  limit: NonNullable<MediaLimits[Limit]>,
  facts: MediaFacts,
) => Omit<BrokenLimit, "limit"> | undefined;

/** Every limit that one file breaks, in the order of the type. A limit on something that is not known of the file is not judged. */
export function judge(facts: MediaFacts, limits: MediaLimits): BrokenLimit[] {
  const names = Object.keys(judges) as (keyof typeof judges)[];
  return names.flatMap((limit) => {
    const broken = judgeOne(limit, facts, limits);
    return broken ? [{ limit, ...broken }] : [];
  });
}

/** The limit on the sum over all files of one kind, if it is broken; files of unknown length count as nothing. */
export function judgeTotal(files: readonly MediaFacts[], { totalSeconds }: MediaLimits): BrokenLimit[] {
  if (!totalSeconds) return [];
  const { max, slack = 0 } = totalSeconds;
  const totalMs = files.reduce((sum, { seconds = 0 }) => sum + ms(seconds), 0);
  if (totalMs <= ms(max) + ms(slack) * files.length) return [];
  return [{ limit: "totalSeconds", given: `${totalMs / 1_000} s in all`, allowed: `at most ${max} s in all` }];
}

/**
 * The shorter sides that count as so many vertical lines, from 7/8 of them to 4/3, both included. INFERRED: no document
 * defines its `480p` and `720p`. FOUND (toapis.com, table of pixels by resolution and ratio): what Seedance itself makes
 * as 720p is 630 lines high at 21:9 and 960 at 1:1, and 432 to 640 as 480p; so that its own videos are taken back.
 */
export function linesOf(verticalLines: number): Interval {
  return { min: (verticalLines * 7) / 8, max: (verticalLines * 4) / 3 };
}

const judges: { [Limit in Exclude<keyof MediaLimits, "totalSeconds">]: Judge<Limit> } = {
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
    return { given: `${pixels(facts)} = ${width * height}`, allowed: range(interval, "pixels in all") };
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

function judgeOne<Limit extends keyof typeof judges>(limit: Limit, facts: MediaFacts, limits: MediaLimits) {
  const given = limits[limit];
  return given === undefined ? undefined : judges[limit](given, facts);
}

function within({ min, max, open = false }: Interval, value: number): boolean {
  return open ? value > min && value < max : value >= min && value <= max;
}

/** Sums of seconds in binary fractions miss by a hair; sums of whole milliseconds do not. */
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

/** What a media file is wanted as. */
export type MediaKind = "image" | "video" | "audio";

/** What a file turned out to be. `heic` stands for all of HEIF with HEVC in it; `m4a` is an MP4 without a picture. */
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

/** What a media file is by its own bytes, whatever its name or its server says. */
export interface MediaFacts {
  format: MediaFormat;
  bytes: number;
  /** In pixels, as shown: turned where the file says so (HEIC and TIFF excepted), pixels made square. */
  width?: number;
  height?: number;
  /** Of what the file was wanted as: the picture's length of a video, else the sound's. To the millisecond. */
  seconds?: number;
  /** Of a video of one steady rate that rate, else the median. */
  framesPerSecond?: number;
}
