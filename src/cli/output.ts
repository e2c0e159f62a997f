import type { Redactor } from './redact.js';

/** The only way to the terminal: data goes to stdout, talk to stderr, secrets go nowhere. */
export interface Output {
  data(text: string): void;
  talk(text: string): void;
  /** One line of JSON to stdout, with `version: 1` in front. */
  json(value: object): void;
  /** Whether whoever reads the talk sits at a terminal that can move its cursor. */
  readonly talkIsTerminal: boolean;
  readonly dataIsTerminal: boolean;
  readonly colorData: boolean;
  readonly colorTalk: boolean;
  /** Characters in a line of data; 100 off a terminal. */
  readonly width: number;
  readonly talkStream: NodeJS.WriteStream;
}

export interface OutputStreams {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** Output to the given streams, every string redacted on the way. */
export function createOutput(
  { stdout, stderr }: OutputStreams,
  redactor: Redactor,
  env: NodeJS.ProcessEnv,
): Output {
  outliveReaders(stdout, stderr);
  const mayColor = (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  return {
    data: (text) => void stdout.write(withNewline(redactor.text(text))),
    talk: (text) => void stderr.write(withNewline(redactor.text(text))),
    json: (value) =>
      void stdout.write(`${JSON.stringify(redactor.value({ version: 1, ...value }), jsonValue)}\n`),
    // A terminal of no width cannot be drawn on.
    talkIsTerminal: stderr.isTTY === true && stderr.columns > 0 && env.TERM !== 'dumb',
    dataIsTerminal: stdout.isTTY === true,
    colorData: mayColor && stdout.isTTY === true,
    colorTalk: mayColor && stderr.isTTY === true,
    width: stdout.isTTY === true && stdout.columns > 0 ? stdout.columns : 100,
    talkStream: stderr,
  };
}

/** A reader that went away (`| head`) is no reason to stop a migration, nor to say anything. */
function outliveReaders(...streams: NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** Integers above 2^53 stay exact, as strings. */
function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
