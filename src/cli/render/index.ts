import type { Clock } from '../../lib/clock.js';
import type { Output } from '../output.js';
import { noteLine, plainRenderer } from './plain.js';
import type { Renderer } from './renderer.js';

export interface RenderOptions {
  json?: boolean | undefined;
  plain?: boolean | undefined;
  quiet?: boolean | undefined;
}

/** The renderer that suits the options and whoever reads. */
export async function createRenderer(
  { json, plain, quiet }: RenderOptions,
  output: Output,
  clock: Clock,
): Promise<Renderer> {
  if (json) return quiet ? silentRenderer() : jsonRenderer(output);
  if (quiet) return warningsRenderer(output);
  if (plain || !output.talkIsTerminal) return plainRenderer(output.talk, clock);
  const { terminalRenderer } = await import('./terminal.js');
  return terminalRenderer(output.talkStream, clock);
}

/** One line of JSON per event; the result is printed by whoever ran the command. */
function jsonRenderer(output: Output): Renderer {
  return { report: (event) => output.json(event), close: async () => undefined };
}

function silentRenderer(): Renderer {
  return { report: () => undefined, close: async () => undefined };
}

function warningsRenderer(output: Output): Renderer {
  return {
    report: (event) => {
      if (event.type === 'note' && event.level === 'warning') output.talk(noteLine(event));
    },
    close: async () => undefined,
  };
}
