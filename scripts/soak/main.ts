import { parseArgs } from 'node:util';
import { undoAll } from '../../test/support/cleanup.js';
import { diceOf } from '../../test/support/dice.js';
import { loadTemplate } from '../../test/support/move/template.js';
import { complaints, moveUnderFire } from '../../test/support/move/under-fire.js';
import { DURABLE, startPostgres } from '../../test/support/postgres-server.js';
import { scenarioOf } from './scenario.js';

/** Moves a played game again and again, each time with violence that its seed chooses. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '600' },
    accounts: { type: 'string', default: '20' },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
const deadline = performance.now() + Number(values.minutes) * 60_000;

let failed = 0;
let done = 0;
const server = await startPostgres({ settings: DURABLE });
try {
  const template = await loadTemplate(server.adminUrl, Number(values.accounts));
  for (; done < runs && performance.now() < deadline; done += 1) {
    const scenario = scenarioOf(diceOf(seed + done));
    const startedMs = performance.now();
    const outcome = await moveUnderFire(template, server, scenario).catch((error: unknown) => {
      failed += 1;
      console.log(`FAILED seed ${seed + done}: ${JSON.stringify(scenario)}`);
      console.log(`  ${String(error)}`);
    });
    if (outcome === undefined) continue;
    const found = complaints(outcome);
    if (found.length > 0) failed += 1;
    const { log, ...facts } = outcome.facts;
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    const verdict = found.length === 0 ? 'ok' : 'FAILED';
    console.log(`${verdict} seed ${seed + done}, ${seconds} s: ${JSON.stringify(scenario)}`);
    console.log(`  ${JSON.stringify(facts)}`);
    for (const line of [...found, ...(found.length > 0 ? log.slice(-25) : [])])
      console.log(`  ${line}`);
  }
} finally {
  await undoAll();
  await server.stop();
}
console.log(`${done} runs from seed ${seed}, ${failed} failed`);
// A run that threw has left its players and its watch behind.
process.exit(failed > 0 ? 1 : 0);
