/** Something that a person asked the board for and that is not done; the message says why and what to do instead. */
export class Refused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Refused";
  }
}

/** For methods of Bull Board that would act on the ledger: they fail, whoever calls them. */
export function refuse(message: string): Promise<never> {
  return Promise.reject(new Refused(message));
}
