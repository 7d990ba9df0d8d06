import { DeadlineHeap, type Due } from './deadline-heap.ts';
import { type TaskPriority, taskPriorities } from './model-pool.ts';

/** After so many turns of others, whoever waits behind has one. */
const turnsOfOthers = 9;

export interface QueuedTask extends Due {
  readonly priority: TaskPriority;
}

interface Lane<T extends QueuedTask> {
  readonly priority: TaskPriority;
  readonly tasks: DeadlineHeap<T>;
  /** Turns that went to more urgent tasks while some waited here. */
  passedOver: number;
}

/**
 * Tasks that wait: by priority, then by deadline. So that the least urgent still move, one turn in ten goes to a lane
 * that was passed over nine times. Bounded: when it is full, the least urgent task that can wait longest has to go.
 */
export class TaskQueue<T extends QueuedTask> {
  readonly #most: number;
  readonly #lanes: readonly Lane<T>[];

  constructor(most: number) {
    this.#most = most;
    this.#lanes = taskPriorities.map((priority) => ({ priority, tasks: new DeadlineHeap<T>(), passedOver: 0 }));
  }

  get size(): number {
    return this.#lanes.reduce((sum, { tasks }) => sum + tasks.size, 0);
  }

  /** Tasks that wait and are at least as urgent. */
  sizeFrom(priority: TaskPriority): number {
    let sum = 0;
    for (const lane of this.#lanes) {
      sum += lane.tasks.size;
      if (lane.priority === priority) break;
    }
    return sum;
  }

  /** Puts a task in; returns the one that has to go for it, which may be the same. */
  push(task: T): T | undefined {
    this.#laneOf(task.priority).tasks.push(task);
    if (this.size <= this.#most) return undefined;
    const crowded = this.#lanes.findLast(({ tasks }) => tasks.size > 0);
    const last = crowded?.tasks.last();
    if (last !== undefined) this.remove(last);
    return last;
  }

  /** False where it does not wait here. */
  remove(task: T): boolean {
    return this.#laneOf(task.priority).tasks.remove(task);
  }

  /** The first task of each lane, in the order in which they may have their turn. */
  heads(): T[] {
    const due = this.#lanes.filter(({ passedOver }) => passedOver >= turnsOfOthers);
    const ordered = due.length === 0 ? this.#lanes : [...due, ...this.#lanes.filter((lane) => !due.includes(lane))];
    return ordered.flatMap(({ tasks }) => tasks.first() ?? []);
  }

  /** Takes a task out because it has its turn. */
  takeTurn(task: T): void {
    this.remove(task);
    const own = this.#laneOf(task.priority);
    own.passedOver = 0;
    for (const lane of this.#lanes.slice(this.#lanes.indexOf(own) + 1)) {
      if (lane.tasks.size > 0) lane.passedOver += 1;
    }
  }

  /** Takes out a task that is due, by its lane's earliest deadline; none where none is. */
  takeDue(isDue: (task: T) => boolean): T | undefined {
    for (const { tasks } of this.#lanes) {
      const first = tasks.first();
      if (first === undefined || !isDue(first)) continue;
      tasks.remove(first);
      return first;
    }
    return undefined;
  }

  /** The earliest deadline of all. */
  earliestDeadlineMs(): number {
    return Math.min(...this.#lanes.map(({ tasks }) => tasks.first()?.deadlineMs ?? Number.POSITIVE_INFINITY));
  }

  #laneOf(priority: TaskPriority): Lane<T> {
    const lane = this.#lanes.find((candidate) => candidate.priority === priority);
    if (lane === undefined) throw new RangeError(`expected a priority of ${taskPriorities.join(', ')}`);
    return lane;
  }
}
