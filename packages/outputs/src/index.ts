export { fromDataUri, type ReadDataUri } from "./data-uri.ts";
export { openDiscardOutputs } from "./discard-outputs.ts";
export { type DiskMediaOptions, openDiskMedia } from "./disk-media.ts";
export { type DiskOutputsOptions, openDiskOutputs } from "./disk-outputs.ts";
export { drop, follow } from "./follow.ts";
export type { MediaSource, MediaStore, Put } from "./media-store.ts";
export type { ByteRange, OpenedFile } from "./opened-file.ts";
export {
  type KeepSource,
  type Kept,
  type OutputStore,
  outputKey,
  passportKey,
  type StoredFile,
  type Target,
} from "./output-store.ts";
export { sniff } from "./sniff.ts";
export { StorageError, type StorageErrorKind } from "./storage-error.ts";
