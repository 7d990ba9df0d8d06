/** What stands in a `DeadlineHeap`; in one at a time. */
export interface Due {
  readonly deadlineMs: number;
  /** Its place in the heap, kept by the heap; -1: in none. */
  heapIndex: number;
}

/** A binary heap: the earliest deadline first, and anything can leave. */
export class DeadlineHeap<T extends Due> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest deadline. */
  first(): T | undefined {
    return this.#items[0];
  }

  /** The latest deadline. */
  last(): T | undefined {
    return this.#items.reduce<T | undefined>(
      (latest, item) => (latest === undefined || item.deadlineMs > latest.deadlineMs ? item : latest),
      undefined,
    );
  }

  push(item: T): void {
    this.#place(item, this.#items.length);
    this.#up(item);
  }

  /** False where it is not in the heap. */
  remove(item: T): boolean {
    if (this.#items[item.heapIndex] !== item) return false;
    const hole = item.heapIndex;
    item.heapIndex = -1;
    const moved = this.#items.pop();
    if (moved === undefined || moved === item) return true;
    this.#place(moved, hole);
    this.#up(moved);
    this.#down(moved);
    return true;
  }

  #up(item: T): void {
    while (item.heapIndex > 0) {
      const parentIndex = (item.heapIndex - 1) >> 1;
      const parent = this.#items[parentIndex];
      if (parent === undefined || parent.deadlineMs <= item.deadlineMs) return;
      this.#place(parent, item.heapIndex);
      this.#place(item, parentIndex);
    }
  }

  #down(item: T): void {
    for (;;) {
      const leftIndex = 2 * item.heapIndex + 1;
      const left = this.#items[leftIndex];
      const right = this.#items[leftIndex + 1];
      if (left === undefined) return;
      const least = right !== undefined && right.deadlineMs < left.deadlineMs ? right : left;
      if (least.deadlineMs >= item.deadlineMs) return;
      const index = item.heapIndex;
      this.#place(item, least.heapIndex);
      this.#place(least, index);
    }
  }

  #place(item: T, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}
