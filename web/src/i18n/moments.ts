/** The time of day, with the date where that is not today. */
export function momentWords(moment: string | number, nowMs: number): string {
  const date = new Date(moment);
  const time = date.toLocaleTimeString([], { timeStyle: 'medium', hourCycle: 'h23' });
  if (date.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${date.toLocaleDateString([], { month: 'short', day: 'numeric' })} ${time}`;
}
