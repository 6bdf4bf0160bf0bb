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
  const [first] = waiting;
  if (!first) return;
  const [work, signal] = first;
  waiting.delete(work);
  if (waiting.size) soon();
  if (!signal.aborted) work();
}
