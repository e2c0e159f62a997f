import { PassThrough } from 'node:stream';
import type { App } from '../../../src/cli/app.js';
import type { Output } from '../../../src/cli/output.js';
import { Redactor } from '../../../src/cli/redact.js';
import type { Clock } from '../../../src/lib/clock.js';

/** A clock that stands still until it is told to move. */
export class FakeClock implements Clock {
  ms = 0;

  now(): Date {
    return new Date(Date.UTC(2025, 0, 1) + this.ms);
  }

  monotonicMs(): number {
    return this.ms;
  }
}

/** An output that keeps what it is given. */
export function recordingOutput(): Output & { talked: string[]; printed: string[] } {
  const talked: string[] = [];
  const printed: string[] = [];
  return {
    talked,
    printed,
    data: (text) => void printed.push(text),
    talk: (text) => void talked.push(text),
    json: (value) => void printed.push(JSON.stringify(value)),
    talkIsTerminal: false,
    dataIsTerminal: false,
    width: 100,
    colorData: false,
    colorTalk: false,
    talkStream: new PassThrough() as unknown as NodeJS.WriteStream,
  };
}

/** A world for a program that is only parsed. */
export function fakeApp(overrides: Partial<App> = {}): App {
  return {
    output: recordingOutput(),
    redactor: new Redactor(),
    clock: new FakeClock(),
    signal: new AbortController().signal,
    env: {},
    cwd: '/',
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    finish: () => undefined,
    ...overrides,
  };
}
