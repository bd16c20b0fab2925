export { sniff } from "./download/content-check.ts";
export { discardBody, getWithRedirects } from "./download/redirects.ts";
export { type DiskMediaOptions, openDiskMedia } from "./media-store/disk-media.ts";
export type { MediaSource, MediaStore, PutResult } from "./media-store/media-store.ts";
export { type DataUriResult, parseDataUri } from "./media-store/media-store.ts";
export { type DiskOutputsOptions, openDiscardOutputs, openDiskOutputs } from "./outputs/disk-outputs.ts";
export type { ByteRange, OpenedFile } from "./outputs/opened-file.ts";
export {
  type DownloadOutcome,
  type DownloadSource,
  manifestKey,
  type OutputStore,
  type OutputTarget,
  outputKey,
  type StoredFile,
} from "./outputs/output-store.ts";
export { StorageError, type StorageErrorKind } from "./outputs/storage-error.ts";
export { createProber, type ProbeOptions, type Prober, type ProberOptions, probe } from "./probe/probe.ts";
export type { ProbeResult } from "./probe/source.ts";
