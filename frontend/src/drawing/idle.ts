/** What is out of sight is made when the browser has nothing else to do, a piece at a time. */

type Work = () => void;

const waiting = new Map<Work, AbortSignal>();

/** Does `work` in a quiet moment, unless `signal` is aborted before. The same work waits once. */
export function whenIdle(work: Work, signal: AbortSignal): void {
  if (!waiting.size) soon();
  waiting.set(work, signal);
}

function soon(): void {
  // Safari has no requestIdleCallback.
  if (typeof requestIdleCallback === "function") requestIdleCallback(next);
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
