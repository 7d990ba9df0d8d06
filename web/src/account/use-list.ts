import { useEffect, useState } from 'preact/hooks';
import { type Task, useTask } from './use-task.ts';

/** A list that the appliance keeps: read when it is shown, and again after each change. */
export interface RemoteList<Item> extends Task {
  /** None until it was read. */
  readonly items: readonly Item[] | undefined;
  /** Asks for a change, then reads the list. True where it was done. */
  change(work: () => Promise<unknown>): Promise<boolean>;
}

export function useList<Item>(read: () => Promise<readonly Item[]>): RemoteList<Item> {
  const [items, setItems] = useState<readonly Item[]>();
  const task = useTask();
  useEffect(() => {
    void task.run(async () => setItems(await read()));
  }, []);
  return {
    ...task,
    items,
    change: (work) =>
      task.run(async () => {
        await work();
        setItems(await read());
      }),
  };
}
