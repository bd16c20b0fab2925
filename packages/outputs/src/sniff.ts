import { contentTypeOf } from "./opened-file.ts";

export interface Sniffed {
  /** Without a dot: jpg png webp bmp tiff gif mp4 mov wav mp3. */
  extension: string;
  contentType: string;
}

/** So many first bytes decide the type. Libraries for this read deep into a file, and a file that streams by has no depth. */
export const sniffBytes = 32;

/** What a file is, from its first bytes alone; undefined for anything but the images, videos and sounds that some provider takes. */
export function sniff(head: Buffer): Sniffed | undefined {
  const text = head.toString("latin1", 0, sniffBytes).padEnd(sniffBytes, "\0");
  const extension = signatures.find(([, matches]) => matches(text, head))?.[0];
  return extension ? { extension, contentType: contentTypeOf(`x.${extension}`) } : undefined;
}

const signatures: readonly [extension: string, matches: (text: string, head: Buffer) => boolean][] = [
  ["jpg", (text) => text.startsWith("\xff\xd8\xff")],
  ["png", (text) => text.startsWith("\x89PNG\r\n\x1a\n")],
  ["gif", (text) => /^GIF8[79]a/.test(text)],
  ["webp", (text) => isRiff(text, "WEBP")],
  ["wav", (text) => isRiff(text, "WAVE")],
  ["tiff", (text) => text.startsWith("II*\0") || text.startsWith("MM\0*")],
  ["bmp", (text, head) => text.startsWith("BM") && head.length >= 18 && bmpHeaderBytes.has(head.readUInt32LE(14))],
  ["mov", (text) => text.startsWith("ftypqt  ", 4) || /^.{4}(?:moov|mdat|wide|pnot)/s.test(text)],
  ["mp4", (text) => text.startsWith("ftyp", 4) && !stillImageBrand.test(text.slice(8, 12))],
  ["mp3", (text, head) => text.startsWith("ID3") || isMpegAudioFrame(head)],
];

/** Sizes of the known versions of the header behind the two letters, which alone would be too little. */
const bmpHeaderBytes = new Set([12, 40, 52, 56, 64, 108, 124]);

/** HEIC, AVIF and Canon raw images share the container of MP4. */
const stillImageBrand = /^(?:hei[cxms]|hev[cxms]|mif1|msf1|avi[fs]|crx )$/;

function isRiff(text: string, form: string): boolean {
  return text.startsWith("RIFF") && text.startsWith(form, 8);
}

/** The head of an MPEG layer III frame: eleven set bits, then no reserved value of version, layer, bit rate or sampling rate. */
function isMpegAudioFrame(head: Buffer): boolean {
  if (head.length < 4) return false;
  const [first = 0, second = 0, third = 0] = head;
  const synchronised = first === 0xff && (second & 0xe0) === 0xe0;
  const layerThree = (second & 0x06) === 0x02 && (second & 0x18) !== 0x08;
  return synchronised && layerThree && third >> 4 !== 0x0f && third >> 4 !== 0 && (third & 0x0c) !== 0x0c;
}
