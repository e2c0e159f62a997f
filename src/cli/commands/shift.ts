import { Command, InvalidArgumentError } from 'commander';
import type { EdgeServer } from '../../edge/config.js';
import type { ShiftPlan } from '../../edge/plan-shift.js';
import type { ShiftResult } from '../../edge/shift.js';
import type { Shares } from '../../edge/weights.js';
import { type App, action } from '../app.js';
import { edgeOf } from '../engine/edge.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Invocation, Outcome } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';
import { formatCount } from '../render/format.js';
import { wholeNumber } from '../whole-number.js';

interface ShiftFlags {
  percent: number;
  requests: number;
  observeSeconds: number;
}

/** `cardctl shift` */
export function shiftCommand(app: App): Command {
  return new Command('shift')
    .description('give the fleet its share of the players’ traffic, and see that it gets it')
    .requiredOption(
      '--percent <n>',
      'of the traffic, to the fleet: 0 to 100, one decimal at most',
      percentOf,
    )
    .option('--requests <n>', 'watch so many requests afterwards', wholeNumber, 2_000)
    .option('--observe-seconds <s>', 'watch for so long at most', wholeNumber, 60)
    .action(action(app, run));
}

async function run(
  invocation: Invocation,
  { percent, requests, observeSeconds }: ShiftFlags,
): Promise<Outcome> {
  const config = await invocation.config();
  const edge = edgeOf(config);
  const { filesOf } = await import('../../edge/files.js');
  const files = filesOf(edge.commands);
  if (invocation.options.dryRun) {
    const { planShift } = await import('../../edge/plan-shift.js');
    const plan = planShift(edge, percent, await files.read(edge.upstreamFile));
    return { result: shownPlan(plan), text: await planText(plan, invocation) };
  }
  const { shiftTo } = await import('../engine/shift.js');
  return recordedRun(invocation, config, { percent }, async () => {
    const observe = { requests, secondsMax: observeSeconds };
    return done(await shiftTo(config, { percent, observe }, invocation), invocation);
  });
}

async function done(
  { plan, applied, notAsked }: ShiftResult,
  invocation: Invocation,
): Promise<Outcome> {
  const { observed, verdict } = applied.proof;
  const servers = plan.shares.servers.map(({ server, weight, sharePercent }) => ({
    name: server.name,
    weight,
    sharePercent,
    ...(observed.servers.get(server.address) ?? { requests: 0, failures: 0 }),
  }));
  const { formatTable } = await import('../render/table.js');
  const table = formatTable(
    ['server', 'weight', 'share', 'requests', 'observed', 'failed'],
    servers.map(({ name, weight, sharePercent, requests, failures }) => [
      name,
      String(weight),
      percentText(sharePercent),
      formatCount(requests),
      observed.requests === 0 ? '' : percentText((100 * requests) / observed.requests),
      formatCount(failures),
    ]),
    { rightAligned: [1, 2, 3, 4, 5], color: invocation.output.colorData },
  );
  return {
    result: {
      percent: plan.percent,
      fromPercent: plan.fromPercent,
      generation: applied.generation,
      workers: applied.workers,
      servers,
      unserved: observed.unserved,
      verdict,
      notAsked,
    },
    text: [
      table,
      '',
      ...(notAsked.length === 0 ? [] : [`not asked whether ready: ${notAsked.join(', ')}`]),
      `${verdict.verdict}: ${verdict.reason}`,
      verdict.verdict === 'hold'
        ? `the share stands and is not proven; watch more: cardctl shift --percent ${plan.percent} --observe-seconds 300`
        : `the fleet gets ${percentText(plan.shares.fleetPercent)} of the traffic`,
    ].join('\n'),
    exitCode: verdict.verdict === 'hold' ? EXIT_CODES.undecided : EXIT_CODES.done,
  };
}

function shownPlan(plan: ShiftPlan): object {
  return {
    percent: plan.percent,
    fromPercent: plan.fromPercent,
    generation: plan.generation,
    fleetPercent: plan.shares.fleetPercent,
    servers: plan.shares.servers.map(({ server, weight, sharePercent, deviationPoints }) => ({
      name: server.name,
      stack: server.stack,
      address: server.address,
      weight,
      sharePercent,
      deviationPoints,
    })),
    diff: plan.diff,
  };
}

async function planText(plan: ShiftPlan, invocation: Invocation): Promise<string> {
  return [
    plan.diff === '' ? 'the file would stay as it is' : plan.diff.trimEnd(),
    '',
    await sharesTable(plan.shares, invocation),
    '',
    `the fleet would get ${percentText(plan.shares.fleetPercent)} of the traffic; nothing was changed`,
  ].join('\n');
}

async function sharesTable(shares: Shares<EdgeServer>, { output }: Invocation): Promise<string> {
  const { formatTable } = await import('../render/table.js');
  return formatTable(
    ['server', 'stack', 'weight', 'share'],
    shares.servers.map(({ server, weight, sharePercent }) => [
      server.name,
      server.stack,
      String(weight),
      percentText(sharePercent),
    ]),
    { rightAligned: [2, 3], color: output.colorData },
  );
}

function percentText(percent: number): string {
  return `${percent.toFixed(2).replace(/\.?0+$/, '')}%`;
}

function percentOf(text: string): number {
  if (/^\d{1,3}(\.\d)?$/.test(text) && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError('expected 0 to 100, with one decimal at most');
}
