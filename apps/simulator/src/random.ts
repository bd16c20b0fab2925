/** A number in [0, 1) that depends only on the arguments. */
export function randomFraction(seed: number, ...words: (string | number)[]): number {
  return mix(hash(seed, words.join("\u0000"))) / 0x1_0000_0000;
}

/** True in `share` of all cases; depends only on the arguments. */
export function randomBoolean(seed: number, word: string, share = 0.5): boolean {
  return randomFraction(seed, word) < share;
}

/** An integer in [0, 2^32) that depends only on the arguments. */
export function randomInteger(seed: number, ...words: (string | number)[]): number {
  return mix(hash(seed, words.join("\u0000")));
}

/** A log-normal value with this median; depends only on the arguments. */
export function lognormal(seed: number, word: string, { median, sigma }: { median: number; sigma: number }): number {
  const radius = Math.sqrt(-2 * Math.log(1 - randomFraction(seed, word, "radius")));
  const normal = radius * Math.cos(2 * Math.PI * randomFraction(seed, word, "angle"));
  return median * Math.exp(sigma * normal);
}

/** `length` characters of `alphabet` that depend only on the arguments. */
export function randomText(seed: number, word: string, alphabet: string, length: number): string {
  let text = "";
  for (let index = 0; index < length; index++) {
    text += alphabet.charAt(randomInteger(seed, word, index) % alphabet.length);
  }
  return text;
}

function hash(seed: number, text: string): number {
  let state = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  return state;
}

/** The finalizer of MurmurHash3. */
function mix(value: number): number {
  let state = value ^ (value >>> 16);
  state = Math.imul(state, 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
