/** Duration, picture size and top-level boxes of an MP4. */
export function describeMp4(file: Buffer): { seconds: number; width: number; height: number; boxes: string[] } {
  const top = boxesOf(file);
  const moov = find(top, "moov");
  const mvhd = find(boxesOf(moov), "mvhd");
  const tkhd = find(boxesOf(find(boxesOf(moov), "trak")), "tkhd");
  if (mvhd.readUInt8(0) !== 0 || tkhd.readUInt8(0) !== 0) throw new Error("only version 0 boxes are read here");
  return {
    seconds: mvhd.readUInt32BE(16) / mvhd.readUInt32BE(12),
    width: tkhd.readUInt32BE(76) / 65_536,
    height: tkhd.readUInt32BE(80) / 65_536,
    boxes: top.map(({ name }) => name),
  };
}

interface Box {
  name: string;
  content: Buffer;
}

function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) throw new Error(`box of ${size} bytes at ${at} does not fit`);
    boxes.push({ name: bytes.toString("latin1", at + 4, at + 8), content: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}

function find(boxes: Box[], wanted: string): Buffer {
  const box = boxes.find(({ name }) => name === wanted);
  if (!box) throw new Error(`no ${wanted} box`);
  return box.content;
}
