import { afterEach, expect, test, vi } from "vitest";
import { whenIdle } from "../src/drawing/idle.ts";

afterEach(() => vi.unstubAllGlobals());

test("work that nobody waits for any more holds up nothing, and is not kept", () => {
  const moments: (() => void)[] = [];
  vi.stubGlobal("requestIdleCallback", (next: () => void) => moments.push(next));
  const done: string[] = [];
  const [gone, here] = [new AbortController(), new AbortController()];
  for (let i = 0; i < 1000; i++) whenIdle(() => done.push("gone"), gone.signal);
  for (const name of ["first", "second"]) whenIdle(() => done.push(name), here.signal);
  gone.abort();
  moments.shift()?.();
  expect(done).toEqual(["first"]);
  moments.shift()?.();
  expect(done).toEqual(["first", "second"]);
  expect(moments).toEqual([]);
});

test("work that fails does not keep the rest from being done", () => {
  const moments: (() => void)[] = [];
  vi.stubGlobal("requestIdleCallback", (next: () => void) => moments.push(next));
  const { signal } = new AbortController();
  let done = false;
  whenIdle(() => {
    throw new Error("a drawing failed");
  }, signal);
  whenIdle(() => {
    done = true;
  }, signal);
  expect(moments.shift()).toThrow("a drawing failed");
  moments.shift()?.();
  expect(done).toBe(true);
});

test("a browser that never finds a quiet moment does the work all the same", () => {
  vi.useFakeTimers();
  vi.stubGlobal("requestIdleCallback", (next: () => void, options?: { timeout: number }) => {
    if (options) setTimeout(next, options.timeout);
  });
  const done: number[] = [];
  for (const work of [1, 2]) whenIdle(() => done.push(work), new AbortController().signal);
  vi.runAllTimers();
  vi.useRealTimers();
  expect(done).toEqual([1, 2]);
});
