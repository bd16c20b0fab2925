import { seededNumbers } from "@reelqueue/testing";

const subjects = words`a paper boat|an old lighthouse keeper|two red foxes|the last tram of the night|a girl with a yellow umbrella|a glass
  blower|a pack of sled dogs|the baker's apprentice|a rusty robot|a flock of starlings|an astronaut|the tide|a street musician|a white
  horse|a beekeeper|three dancers|a fishing trawler|a hot-air balloon|the night watchman|a potter's hands`;
const actions = words`drifts through|waits beside|slowly turns toward|runs along|watches over|climbs out of|disappears into|circles above|
  rests against|sets out from|returns to|carries a lantern through|leaves footprints across|mirrors itself in|dances around`;
const places = words`a flooded market square|the harbour at dawn|a field of tall barley|an empty subway station|a canyon of red rock|the roof
  of a greenhouse|a frozen lake|a narrow alley hung with washing|the engine room of a ferry|a meadow after rain|a library without walls|
  the edge of a salt flat|a crowded night bazaar|a quiet kitchen|the ruins of a theatre`;
const looks = words`soft light from the left|a slow dolly in|shot on 35 mm film with visible grain|the camera holds still|a low angle close
  to the ground|warm haze between the layers|cold blue shadows|an orbit of half a turn|shallow depth of field|rack focus to the
  background|a handheld feel|a single unbroken take|dust in the beams of light|reflections ripple and settle|muted colours with one accent`;

/** Distinct English-like prompts of exactly this many bytes; the seed decides them. */
export function* prompts(bytes: number, seed = 1): Generator<string> {
  const draw = seededNumbers(seed);
  for (let number = 1; ; number += 1) {
    let text = `Scene ${number}:`;
    while (text.length < bytes) text += ` ${sentence(draw)}`;
    yield `${text.slice(0, bytes - 1).trimEnd()}.`.padEnd(bytes, ".");
  }
}

/** Rows with the same fields and the next prompts, by default the first ones of 600 bytes. */
export function rowsOf<Row extends object>(
  count: number,
  row: Row,
  texts = prompts(600),
): (Row & { prompt: string })[] {
  return Array.from({ length: count }, () => ({ ...row, prompt: texts.next().value }));
}

function sentence(draw: () => number): string {
  const pick = (list: readonly string[]) => list[Math.floor(draw() * list.length)] ?? "";
  const first = pick(subjects);
  return `${first.charAt(0).toUpperCase()}${first.slice(1)} ${pick(actions)} ${pick(places)}, ${pick(looks)}, ${pick(looks)}.`;
}

function words({ raw: [text = ""] }: TemplateStringsArray): string[] {
  return text.split("|").map((word) => word.replace(/\s+/g, " ").trim());
}
