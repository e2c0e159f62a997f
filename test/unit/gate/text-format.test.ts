import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parseTextFormat } from '../../../src/steps/gate/sources/text-format.js';

describe('the text format of Prometheus', () => {
  it('is read as its own client writes it', async () => {
    const registry = new Registry();
    registry.setDefaultLabels({ stack: 'fleet' });
    const registers = [registry];
    const awkward = 'a "quoted" \\ back\nline, {brace} = x';
    new Counter({ name: 'c_total', help: 'c', labelNames: ['text'], registers }).inc(
      { text: awkward },
      1e21,
    );
    new Gauge({ name: 'g', help: 'g', registers }).set(Number.NaN);
    new Histogram({ name: 'h', help: 'h', buckets: [0.5], registers }).observe(0.4);
    expect(parseTextFormat(await registry.metrics())).toEqual([
      { name: 'c_total', labels: { text: awkward, stack: 'fleet' }, value: 1e21 },
      { name: 'g', labels: { stack: 'fleet' }, value: Number.NaN },
      { name: 'h_bucket', labels: { le: '0.5', stack: 'fleet' }, value: 1 },
      { name: 'h_bucket', labels: { le: '+Inf', stack: 'fleet' }, value: 1 },
      { name: 'h_sum', labels: { stack: 'fleet' }, value: 0.4 },
      { name: 'h_count', labels: { stack: 'fleet' }, value: 1 },
    ]);
  });

  it('may have times, spaces, trailing commas and comments', () => {
    const text = '# HELP x "}\r\n\n x  1.5e3 1700000000000 \r\nm{ a="b" , } -Inf\nn{} 2\n# EOF';
    expect(parseTextFormat(text)).toEqual([
      { name: 'x', labels: {}, value: 1_500 },
      { name: 'm', labels: { a: 'b' }, value: -Infinity },
      { name: 'n', labels: {}, value: 2 },
    ]);
  });

  it.each([
    '<!doctype html>',
    '{"error": "no"}',
    'x',
    'x one',
    'x{a="b" 1',
    'x{a="b} 1',
    'x{a=b} 1',
    'x} 1',
    'x 1 2 3',
    'x 1 later',
  ])('%j is not of it, and nothing of it is repeated', (line) => {
    expect(() => parseTextFormat(`ok 1\n${line}`)).toThrow(
      /^line 2 is not in the format of Prometheus$/,
    );
  });
});
