import { Command } from 'commander';
import { type App, action } from '../app.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Run } from '../invocation.js';
import { requireSource } from '../require-source.js';
import { samePlace } from '../shell.js';

interface AssessFlags {
  source?: string;
  acceptHold?: boolean;
}

/** `cardctl assess` */
export function assessCommand(app: App): Command {
  return new Command('assess')
    .description(
      'look at the source: what it holds, what would move, how long, and whether to start',
    )
    .option('--source <file>', 'the SQLite database')
    .option('--accept-hold', 'hold the writers of the source for as long as the copy takes')
    .action(action(app, run));
}

const run: Run<AssessFlags> = async (invocation, { source, acceptHold }) => {
  const config = await invocation.config({ source });
  const { assess } = await import('../../steps/assess/index.js');
  const { moveRules } = await import('../config/move-rules.js');
  const { renderAssessment } = await import('../render/assessment.js');
  const assessment = await assess(
    {
      sourcePath: requireSource(config, 'assess'),
      workDir: config.workDir,
      rules: moveRules(config),
      holdMsMax: config.backup.holdMsMax,
      acceptHold,
    },
    invocation,
  );
  return {
    result: assessment,
    text: renderAssessment(assessment, {
      colour: invocation.output.colorData,
      width: invocation.output.width,
      place: samePlace(invocation.options),
    }),
    exitCode: assessment.canMigrate ? EXIT_CODES.done : EXIT_CODES.refused,
  };
};
