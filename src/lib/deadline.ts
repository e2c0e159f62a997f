/**
 * A signal that aborts after `ms` milliseconds with a `TimeoutError`.
 *
 * DANGER: not `AbortSignal.timeout`. Inside an `AbortSignal.any` Node 20 holds that one weakly: the
 * garbage collector takes it with its timer, and nothing ever aborts. Here the timer holds it.
 */
export function deadlineIn(ms: number): AbortSignal {
  const over = new AbortController();
  const timer = setTimeout(() => {
    over.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
  }, ms);
  timer.unref();
  return over.signal;
}
