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
