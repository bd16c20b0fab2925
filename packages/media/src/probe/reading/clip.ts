import type { MessagePort } from "node:worker_threads";
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

/** Not HLS: its playlists refer to other addresses. */
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
/** The formats that some provider accepts; of any other file only the format is returned. */
const measured = new Set<MediaFormat>(["mp4", "mov", "wav", "mp3"]);
/**
 * No provider accepts a larger MP3. Up to this size every frame is counted, because the header that states the length
 * of a file with a variable bit rate is often missing.
 */
const maxCountedBytes = 16_777_216;

/** Length, size and frame rate of a video or audio file; undefined for any other file. Throws on a broken file. */
export async function readClip(file: MediaFile): Promise<Parsed | undefined> {
  const source = new CustomSource({ getSize: () => file.bytes, read: file.read });
  using input = new Input({ formats: [...formats.keys()], source });
  const format = await formatOf(input);
  if (format === undefined) return undefined;
  if (!measured.has(format)) return { kind: "facts", facts: { format } };
  const picture = await input.getPrimaryVideoTrack();
  const sound = await input.getPrimaryAudioTrack();
  const track = file.kind === "audio" ? (sound ?? picture) : (picture ?? sound);
  if (!track) return { kind: "unknown", reason: `a ${format} without a video or audio track` };
  const seconds = await secondsOf(track, file, format);
  if (seconds === undefined) return { kind: "unknown", reason: `an incomplete ${format}` };
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

/** The length in seconds; undefined if the last packet of the file's tables is missing. */
async function secondsOf(
  track: InputVideoTrack | InputAudioTrack,
  file: MediaFile,
  format: MediaFormat,
): Promise<number | undefined> {
  const isLong = format === "mp3" && file.bytes > maxCountedBytes;
  const end = (isLong ? await track.getDurationFromMetadata() : null) ?? (await track.computeDuration());
  const hasTables = format === "mp4" || format === "mov";
  if (hasTables && file.randomAccess && !(await holds(track, end))) return undefined;
  // Players skip packets before zero.
  return rounded(end - Math.max(await track.getFirstTimestamp(), 0));
}

/** Whether the file holds the last packet. */
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

/** Rounds to a thousandth. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** A file, as a parser reads it. */
export interface MediaFile {
  /** Length of the file. */
  bytes: number;
  /** Whether a range can be read without the bytes before it. */
  randomAccess: boolean;
  /** The file extension of the type that the first bytes claim; absent if unknown. */
  claim?: string;
  kind: MediaKind;
  /** The bytes from `start` up to, not including, `end`, in their own buffer; fewer if the file ends before. */
  read(start: number, end: number): Promise<Uint8Array>;
}

export type Parsed = { kind: "facts"; facts: Omit<MediaFacts, "bytes"> } | { kind: "unknown"; reason: string };

/** The message that starts the parsing of a file in the worker thread. */
export interface ParseJob {
  description: Omit<MediaFile, "read">;
  port: MessagePort;
}

/** A message of the worker thread on the port of a file: a read, or the result. */
export type FromThread = { readId: number; start: number; end: number } | { parsed: Parsed };

/** The answer to a read. */
export interface ToThread {
  readId: number;
  bytes: Uint8Array;
}
