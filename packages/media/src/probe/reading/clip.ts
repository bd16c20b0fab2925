import type { MediaFacts, MediaFormat, MediaKind } from "@reelqueue/providers";
import {
  ADTS,
  CustomSource,
  EncodedPacketSink,
  FLAC,
  Input,
  type InputAudioTrack,
  type InputFormat,
  type InputTrack,
  type InputVideoTrack,
  MATROSKA,
  MP3,
  MP4,
  MPEG_TS,
  OGG,
  QTFF,
  UnsupportedInputFormatError,
  WAVE,
  WEBM,
} from "mediabunny";

/** Not HLS: its playlists would be followed to other addresses. */
const formats = new Map<InputFormat, MediaFormat>([
  [MP4, "mp4"],
  [QTFF, "mov"],
  [WAVE, "wav"],
  [MP3, "mp3"],
  [WEBM, "webm"],
  [MATROSKA, "mkv"],
  [OGG, "ogg"],
  [FLAC, "flac"],
  [ADTS, "aac"],
  [MPEG_TS, "ts"],
]);
/** No provider takes another one, so that of others only the format is told. */
const measured = new Set<MediaFormat>(["mp4", "mov", "wav", "mp3"]);
/** No provider takes a larger MP3; below, every frame is counted, because headers of variable bit rates are often missing. */
const mostCountedBytes = 16_777_216;

/** Length, size and frame rate of a video or sound; undefined where it is neither. Throws on a broken one. */
export async function readClip(file: MediaFile): Promise<Parsed | undefined> {
  const source = new CustomSource({ getSize: () => file.bytes, read: file.read });
  using input = new Input({ formats: [...formats.keys()], source });
  const format = await formatOf(input);
  if (format === undefined) return undefined;
  if (!measured.has(format)) return { kind: "facts", facts: { format } };
  const picture = await input.getPrimaryVideoTrack();
  const sound = await input.getPrimaryAudioTrack();
  const track = file.kind === "audio" ? (sound ?? picture) : (picture ?? sound);
  if (!track) return { kind: "unknown", why: `a ${format} with neither picture nor sound` };
  const seconds = await secondsOf(track, file, format);
  if (seconds === undefined) return { kind: "unknown", why: `a ${format} that ends before its end` };
  const isSoundOnly = format === "mp4" && !picture;
  return { kind: "facts", facts: { format: isSoundOnly ? "m4a" : format, ...(await pictureFacts(picture)), seconds } };
}

async function formatOf(input: Input): Promise<MediaFormat | undefined> {
  try {
    return formats.get(await input.getFormat());
  } catch (error) {
    if (error instanceof UnsupportedInputFormatError) return undefined;
    throw error;
  }
}

/** Undefined where the file does not hold what its tables promise. */
async function secondsOf(
  track: InputVideoTrack | InputAudioTrack,
  file: MediaFile,
  format: MediaFormat,
): Promise<number | undefined> {
  const isLong = format === "mp3" && file.bytes > mostCountedBytes;
  const end = (isLong ? await track.getDurationFromMetadata() : null) ?? (await track.computeDuration());
  const hasTables = format === "mp4" || format === "mov";
  if (hasTables && file.randomAccess && !(await holds(track, end))) return undefined;
  // what lies before zero is not played
  return rounded(end - Math.max(await track.getFirstTimestamp(), 0));
}

/** Whether the last packet is there. */
async function holds(track: InputTrack, end: number): Promise<boolean> {
  return (await new EncodedPacketSink(track).getPacket(end)) !== null;
}

async function pictureFacts(picture: InputVideoTrack | null): Promise<Partial<MediaFacts>> {
  if (!picture) return {};
  const { bestGuessFrameRate } = await picture.computeFrameRateMetrics();
  return {
    width: Math.round(await picture.getDisplayWidth()),
    height: Math.round(await picture.getDisplayHeight()),
    ...(bestGuessFrameRate > 0 &&
      Number.isFinite(bestGuessFrameRate) && { framesPerSecond: rounded(bestGuessFrameRate) }),
  };
}

/** To a thousandth. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** A file as its readers see it. */
export interface MediaFile {
  /** How many bytes it has. */
  bytes: number;
  /** Whether its end can be had without all that is before it. */
  randomAccess: boolean;
  /** What its first bytes claim, as a file extension; left out where they claim nothing known. */
  claim?: string;
  kind: MediaKind;
  /** The bytes from `start` up to `end`, in memory of their own; less where the file ends before. */
  read(start: number, end: number): Promise<Uint8Array>;
}

export type Parsed = { kind: "facts"; facts: Omit<MediaFacts, "bytes"> } | { kind: "unknown"; why: string };

/** Of what goes to the thread: a file without its bytes. */
export type Order = Omit<MediaFile, "read">;

/** What the thread says of the file on its port. */
export type FromThread = { want: number; start: number; end: number } | { parsed: Parsed };

/** The bytes that it wanted. */
export interface ToThread {
  want: number;
  bytes: Uint8Array;
}
