import { untranslatedText } from '../../schema/untranslated.js';
import type { DryRun, Statement, TableToMove } from '../../steps/migrate/dry-run.js';
import { shellLine } from '../shell.js';
import { formatBytes, formatCount, formatSeconds } from './format.js';
import { printable } from './printable.js';
import { brokenText, section } from './source-parts.js';
import { formatTable } from './table.js';

export interface DryRunLook {
  colour: boolean;
  /** Of the terminal, characters. */
  width: number;
  /** The flags without which the next command would not find the same configuration. */
  place?: readonly string[] | undefined;
}

/**
 * What a person reads. The SQL is as it would be run, and all the rest is SQL comments: the whole
 * of it can be kept as a file and read by psql.
 */
export function renderDryRun(dryRun: DryRun, { colour, width, place = [] }: DryRunLook): string {
  const next = ['cardctl', 'migrate', '--source', dryRun.sourcePath, ...place];
  return [
    ...comment(summary(dryRun)),
    ...comment(['', ...tableOfTables(dryRun.tables, colour).split('\n')]),
    ...comment(notes(dryRun, width - 3)),
    ...statementLines(dryRun.statements),
    '',
    ...comment([`nothing was changed; next: ${printable(shellLine(next))}`]),
  ].join('\n');
}

function summary({ sourcePath, bytes, rows, tables, expected, journalMode }: DryRun): string[] {
  const held = formatSeconds(expected.writersHeld.seconds);
  const moved = `${formatCount(rows)} rows in ${formatCount(tables.length)} tables`;
  return [
    `would move   ${printable(sourcePath)}: ${formatBytes(bytes)}, ${moved}`,
    `in about     ${formatSeconds(expected.seconds)} and verify`,
    `  snapshot   ${formatSeconds(expected.snapshot.seconds)}, writers ${journalMode === 'wal' ? 'not held (WAL)' : `held ${held}`}`,
    `  census     ${formatSeconds(expected.census.seconds)}`,
    `  load       ${formatSeconds(expected.load.seconds)}: ${expected.load.basis}`,
  ];
}

function tableOfTables(tables: readonly TableToMove[], color: boolean): string {
  const head = ['table', 'rows', 'left out', 'pages', 'chunks', 'keys', 'indexes', 'next id'];
  const rows = tables.map((table) => [
    printable(table.targetName),
    formatCount(table.rows - table.rejectedRows),
    table.rejectedRows === 0 ? '' : formatCount(table.rejectedRows),
    formatCount(table.pages),
    formatCount(table.chunks),
    formatCount(table.keys.length + table.foreignKeys.length),
    formatCount(table.indexes.length),
    table.nextId ?? '',
  ]);
  return formatTable(head, rows, { rightAligned: [1, 2, 3, 4, 5, 6, 7], color });
}

function notes(dryRun: DryRun, width: number): string[] {
  const broken = dryRun.brokenForeignKeys.map(
    (each) => `${brokenText({ ...each, keys: each.examples }, each.orphans)} (${each.outcome})`,
  );
  return [
    ...section('foreign keys that rows break', broken, width),
    ...section(
      'foreign keys that SQLite cannot check',
      dryRun.uncheckedForeignKeys.map(({ table, reason }) => `${table}: ${reason}`),
      width,
    ),
    ...section('does not move, or not as it is', dryRun.untranslated.map(untranslatedText), width),
  ];
}

const PHASE_TITLES: Record<Statement['phase'], string> = {
  table: 'tables; then the rows are copied',
  key: 'primary keys and unique constraints',
  index: 'indexes',
  check: 'checks, added unchecked and then validated',
  'foreign key': 'foreign keys, added unchecked and then validated',
  sequence: 'next ids',
};

function statementLines(statements: readonly Statement[]): string[] {
  return statements.flatMap(({ phase, sql }, i) => [
    ...(phase === statements[i - 1]?.phase ? [] : ['', `-- ${PHASE_TITLES[phase]}`]),
    `${sql};`,
  ]);
}

function comment(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '--' : `-- ${line}`));
}
