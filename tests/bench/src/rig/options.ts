/** What every bench is told. */
export interface Options {
  /** A small one, to see that it works. */
  quick: boolean;
  /** Runs of each variant; left out: as many as the bench finds sensible. */
  runs?: number;
}
