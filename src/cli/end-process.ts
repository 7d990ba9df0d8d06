/**
 * Ends the process now, whatever still runs. `process.exit()` waits for worker threads, and one whose run of the model does
 * not come back would keep it for ever.
 */
export async function endProcess(code: number): Promise<never> {
  try {
    // Loaded already wherever there may be workers.
    const { native } = await import('../native.ts');
    native.exitNow(code);
  } catch {
    // Without the addon there are no workers.
  }
  process.exit(code);
}
