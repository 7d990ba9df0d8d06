/** Hedges that may be sent at once after a long time without any. */
const mostSaved = 10;

/** How many second calls may be sent: never more than a share of all calls so far. */
export class HedgeBudget {
  readonly #share: number;
  #saved = 0;

  constructor(share: number) {
    this.#share = share;
  }

  /** A call that is no hedge was sent. */
  earn(): void {
    this.#saved = Math.min(mostSaved, this.#saved + this.#share);
  }

  /** Takes the right to one hedge; false where there is none left. */
  spend(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
