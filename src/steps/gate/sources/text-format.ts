import type { Sample } from './sample.js';

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|(?=\}))\s*/y;
const REST = /[ \t]+(\S+)(?:[ \t]+-?\d+)?$/y;

/**
 * Reads the samples of a text in Prometheus's exposition format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * @throws Error for what is not of that format; nothing of the text is repeated
 */
export function parseTextFormat(text: string): Sample[] {
  return text.split('\n').flatMap((padded, i) => {
    const line = padded.trim();
    if (line === '' || line.startsWith('#')) return [];
    const sample = sampleIn(line);
    if (sample === null) throw new Error(`line ${i + 1} is not in the format of Prometheus`);
    return [sample];
  });
}

function sampleIn(line: string): Sample | null {
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  const labels: Record<string, string> = {};
  let at = NAME.lastIndex;
  if (line[at] === '{') {
    at += 1;
    for (;;) {
      LABEL.lastIndex = at;
      const [whole, label, value] = LABEL.exec(line) ?? [];
      if (whole === undefined || label === undefined || value === undefined) break;
      labels[label] = unescaped(value);
      at += whole.length;
    }
    if (line[at] !== '}') return null;
    at += 1;
  }
  REST.lastIndex = at;
  const value = numberIn(REST.exec(line)?.[1]);
  return value === null ? null : { name, labels, value };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}

/** As Go reads them: `1`, `1e+06`, `+Inf`, and `Nan`, which is how prom-client writes it. */
export function numberIn(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  if (/^nan$/i.test(text)) return Number.NaN;
  if (/^[+-]?Inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}
