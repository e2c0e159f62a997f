import type { Clock } from '../../lib/clock.js';
import type { Renderer } from './renderer.js';
import { StepList } from './step-list.js';

const SHOW_CURSOR = '\u001b[?25h';

/** Steps by listr2 and, below the step that they belong to, bars by cli-progress. */
export function terminalRenderer(stream: NodeJS.WriteStream, clock: Clock): Renderer {
  let list: StepList | undefined;
  const showCursor = () => void stream.write(SHOW_CURSOR);
  const open = () => {
    process.once('exit', showCursor);
    return new StepList(stream, clock);
  };
  return {
    report: (event) => {
      list ??= open();
      list.add(event);
    },
    close: async () => {
      const closing = list;
      list = undefined;
      await closing?.close();
      process.off('exit', showCursor);
    },
  };
}
