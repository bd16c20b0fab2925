/** Lets this process believe that it is earlier or later than it is; timers and Redis go on as before. */
export function shiftClock(byMs: number): void {
  if (byMs === 0) return;
  const Real = Date;
  const shifted = class extends Real {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(Real.now() + byMs);
      else super(...(given as [number]));
    }

    static override now(): number {
      return Real.now() + byMs;
    }
  };
  globalThis.Date = shifted as DateConstructor;
}
