/** A moment (UTC ms) as a part of a file's name: names sort by it, and every file system takes it. */
export function fileStamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
}
