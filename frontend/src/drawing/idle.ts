/** What is out of sight is made when the browser has nothing else to do, a piece at a time. */

type Work = () => void;

/** A browser with much to do may find no such moment, even when that is over. */
const AT_LATEST_MS = 1000;

const waiting = new Map<Work, AbortSignal>();

/** Does `work` in a quiet moment, unless `signal` is aborted before. The same work waits once. */
export function whenIdle(work: Work, signal: AbortSignal): void {
  if (!waiting.size) soon();
  waiting.set(work, signal);
}

function soon(): void {
  // Safari has no requestIdleCallback.
  if (typeof requestIdleCallback === "function") requestIdleCallback(next, { timeout: AT_LATEST_MS });
  else setTimeout(next, 100);
}

function next(): void {
  for (const [work, signal] of waiting) {
    waiting.delete(work);
    if (signal.aborted) continue; // all at once, for what was taken down is held by its work
    if (waiting.size) soon();
    work();
    return;
  }
}
