/** A number in [0, 1) that depends on nothing but its arguments: the same seed and words always give the same one. */
export function draw(seed: number, ...words: (string | number)[]): number {
  return mix(hash(seed, words.join("\u0000"))) / 0x1_0000_0000;
}

/** True in `share` of all cases, by the same rule as `draw`. */
export function coin(seed: number, word: string, share = 0.5): boolean {
  return draw(seed, word) < share;
}

/** A whole number in [0, 2^32) by the same rule as `draw`. */
export function lot(seed: number, ...words: (string | number)[]): number {
  return mix(hash(seed, words.join("\u0000")));
}

/** A number around `median`, spread as completion times are: half below, a long tail above. */
export function lognormal(seed: number, word: string, { median, sigma }: { median: number; sigma: number }): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draw(seed, word, "radius")));
  const normal = radius * Math.cos(2 * Math.PI * draw(seed, word, "angle"));
  return median * Math.exp(sigma * normal);
}

/** `length` letters of `alphabet`, by the same rule as `draw`. */
export function letters(seed: number, word: string, alphabet: string, length: number): string {
  let text = "";
  for (let index = 0; index < length; index++) {
    text += alphabet.charAt(lot(seed, word, index) % alphabet.length);
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

/** Spreads every input bit over the whole word (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let state = value ^ (value >>> 16);
  state = Math.imul(state, 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
