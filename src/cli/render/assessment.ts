import { untranslatedText } from '../../schema/untranslated.js';
import type {
  AssessedColumn,
  AssessedTable,
  Assessment,
  ColumnValues,
  Threshold,
} from '../../steps/assess/assessment.js';
import { shellLine } from '../shell.js';
import { formatBytes, formatCount, formatSeconds } from './format.js';
import { paint } from './paint.js';
import { printable, wrap } from './printable.js';
import { brokenText, bullet, section } from './source-parts.js';
import { formatTable } from './table.js';

export interface AssessmentLook {
  colour: boolean;
  /** Of the terminal, characters. */
  width: number;
  /** The flags without which the next command would not find the same configuration. */
  place?: readonly string[] | undefined;
}

/** What a person reads: the verdict and what to do first, then everything that led to it. */
export function renderAssessment(assessment: Assessment, look: AssessmentLook): string {
  const { width } = look;
  return [
    ...summary(assessment, look),
    ...problems(assessment, width),
    ...section(
      'foreign keys that rows break (never enforced; migrate copies the rows)',
      assessment.brokenForeignKeys.map((each) => brokenText(each, each.orphans)),
      width,
    ),
    ...section(
      'foreign keys that cannot be checked',
      assessment.uncheckedForeignKeys.map(({ table, reason }) => `${table}: ${reason}`),
      width,
    ),
    ...section(
      'checks that rows break (migrate copies the rows)',
      assessment.brokenChecks.map((each) => brokenText(each, each.rows)),
      width,
    ),
    ...section(
      'checks that cannot be looked at',
      assessment.uncheckedChecks.map(({ table, name, reason }) => `${table}: ${name}: ${reason}`),
      width,
    ),
    ...section('does not move, or not as it is', assessment.notMoved.map(untranslatedText), width),
    ...section(
      'tables without a primary key (they are copied; following their changes live would need one)',
      assessment.tablesWithoutKey,
      width,
    ),
    '',
    ...basis(assessment, width),
    ...assessment.tables.flatMap((table) => ['', ...tableLines(table, look)]),
    '',
    nextLine(assessment, look),
  ].join('\n');
}

/** The first lines: all that somebody needs who reads no further. */
function summary(assessment: Assessment, { colour, place }: AssessmentLook): string[] {
  const { source, readiness, expected } = assessment;
  const style = VERDICT_STYLES[readiness.verdict];
  const verdict = paint(style, readiness.verdict, colour);
  const mode = source.journalMode === 'wal' ? 'WAL' : 'rollback journal';
  const version = source.sqliteVersion === null ? '' : `, SQLite ${source.sqliteVersion}`;
  const rows = `${formatCount(source.rows)} rows in ${formatCount(source.tables)} tables`;
  return [
    `verdict     ${verdict}: ${VERDICT_WORDS[readiness.verdict]}`,
    `can move    ${canMove(assessment)}`,
    `to do       ${toDo(assessment, place)}`,
    `source      ${printable(source.path)}`,
    `            ${formatBytes(source.bytes)}, ${rows}; ${formatCount(source.pageCount)} pages of ${source.pageSize} B, ${mode}${version}`,
    `backup      about ${formatSeconds(expected.backup.seconds)}, ${formatBytes(expected.backupBytes)}; writers held ${held(assessment)}`,
    `load        about ${formatSeconds(expected.load.seconds)} (copy, indexes, keys)`,
    '',
    thresholdTable(readiness.thresholds, colour),
  ];
}

const VERDICT_STYLES = { 'not yet': 'green', plan: 'yellow', start: 'red' } as const;

const VERDICT_WORDS = {
  'not yet': 'SQLite carries this game',
  plan: 'this game will outgrow SQLite; plan the move',
  start: 'this game has outgrown SQLite; begin the move',
};

function canMove({ problems, source }: Assessment): string {
  if (source.tables === 0) return 'no: there are no tables in it';
  if (problems.length === 0) return 'yes: every value has a place in Postgres';
  const { size } = new Set(problems.map(({ table, column }) => `${table}.${column}`));
  const columns = size === 1 ? '1 column holds' : `${size} columns hold`;
  return `no: ${columns} values that do not fit; the choices are below`;
}

function held({ source, expected }: Assessment): string {
  return source.journalMode === 'wal'
    ? 'not at all (WAL)'
    : formatSeconds(expected.writersHeld.seconds);
}

/** In words and as a command: also the last line of all. */
function toDo(assessment: Assessment, place: AssessmentLook['place']): string {
  const command = nextCommandOf(assessment, place);
  if (assessment.source.tables === 0) return `look for the real database, then: ${command}`;
  if (!assessment.canMigrate) return `put a choice for each into cardctl.json, then: ${command}`;
  if (assessment.readiness.verdict === 'start') return `take a backup: ${command}`;
  if (assessment.readiness.verdict === 'plan') return `see what a move would do: ${command}`;
  return `nothing but backups, every day: ${command}`;
}

function nextLine(assessment: Assessment, { place }: AssessmentLook): string {
  return `next: ${nextCommandOf(assessment, place)}`;
}

function nextCommandOf(
  { canMigrate, readiness, source }: Assessment,
  place: readonly string[] = [],
): string {
  const path = source.tables === 0 ? 'FILE' : source.path;
  const flags = ['--source', path, ...place];
  if (!canMigrate) return shellLine(['cardctl', 'assess', ...flags]);
  if (readiness.verdict === 'plan') return shellLine(['cardctl', 'migrate', '--dry-run', ...flags]);
  return shellLine(['cardctl', 'backup', ...flags]);
}

function thresholdTable(thresholds: readonly Threshold[], color: boolean): string {
  const rows = thresholds.map(({ name, value, unit, threshold, verdict }) => [
    name,
    value === null ? '?' : unit === 'bytes' ? formatBytes(value) : formatCount(value),
    threshold,
    verdict,
  ]);
  return formatTable(['threshold', 'found', 'guide', 'verdict'], rows, {
    rightAligned: [1],
    color,
  });
}

function problems({ problems: found }: Assessment, width: number): string[] {
  if (found.length === 0) return [];
  return [
    '',
    'values that do not fit (migrate refuses until each has a choice):',
    ...found.flatMap(({ table, column, count, message, keys, choices }) => [
      ...bullet(
        message.startsWith(`${table}.${column} `)
          ? message
          : `${table}.${column}: ${formatCount(count)} × ${message}`,
        width,
      ),
      `      rows: ${printable(keys.join('; '))}${count > keys.length ? '; …' : ''}`,
      ...choices.map((choice) => `      choice: ${printable(choice)}`),
    ]),
  ];
}

function basis({ readiness, expected }: Assessment, width: number): string[] {
  const items = [
    ...readiness.thresholds.map((each) => `${each.name}: ${each.basis}`),
    `writers held: ${expected.writersHeld.basis}`,
    `backup: ${expected.backup.basis}`,
    `load: ${expected.load.basis}`,
  ];
  return ['how these numbers were found:', ...items.flatMap((item) => bullet(item, width))];
}

const HEAD = ['column', 'declared', 'becomes', 'found', 'why'];
/** Between two columns of a table. */
const GAP = 2;
const FOUND_WIDTH_MIN = 28;
const WHY_WIDTH_MIN = 16;

function tableLines(table: AssessedTable, { colour, width }: AssessmentLook): string[] {
  const rejected =
    table.rejectedRows === 0 ? '' : `, ${formatCount(table.rejectedRows)} of them left out`;
  const renamed = table.targetName === table.name ? '' : ` (in the target ${table.targetName})`;
  const title = `${printable(table.name + renamed)}: ${formatCount(table.rows)} rows${rejected}, ${formatBytes(table.bytes)}, indexes ${formatBytes(table.indexBytes)}`;
  const rows = table.columns.map((column) => [
    printable(column.name),
    printable(column.declaredType),
    column.type,
    valuesText(column),
    printable(column.why),
  ]);
  const body = formatTable(HEAD, fitted(rows, width), { color: colour });
  return [paint('bold', title, colour), body];
}

/** Wraps what was found and why, so that the table is as wide as the terminal. */
function fitted(rows: readonly string[][], width: number): string[][] {
  const widest = (index: number) =>
    Math.max(HEAD[index]?.length ?? 0, ...rows.map((row) => row[index]?.length ?? 0)) + GAP;
  const rest = width - widest(0) - widest(1) - widest(2) - GAP;
  const why = Math.max(WHY_WIDTH_MIN, Math.min(widest(4) - GAP, Math.floor(rest / 3)));
  const found = Math.max(FOUND_WIDTH_MIN, rest - why);
  return rows.map(([name = '', declared = '', type = '', values = '', reason = '']) => [
    name,
    declared,
    type,
    wrap(values, found).join('\n'),
    wrap(reason, why).join('\n'),
  ]);
}

function valuesText({ values, generated }: AssessedColumn): string {
  if (values === null) return 'computed, not stored';
  const parts = [...classesText(values), ...datesText(values), ...odditiesText(values)];
  const text = parts.length === 0 ? 'nothing' : parts.join(', ');
  return generated === null ? text : `computed: ${text}`;
}

function classesText({ classes, integers, reals, textBytesMax, blobBytesMax }: ColumnValues) {
  const detail = {
    null: '',
    integer: rangeText(integers),
    real: rangeText(reals),
    text: ` (to ${formatBytes(textBytesMax)})`,
    blob: ` (to ${formatBytes(blobBytesMax)})`,
  };
  return Object.entries(classes).map(
    ([kind, count]) => `${formatCount(count)} ${kind}${detail[kind as keyof typeof detail]}`,
  );
}

function rangeText(range: { min: string; max: string } | null): string {
  if (range === null) return '';
  return range.min === range.max ? ` (${range.min})` : ` (${range.min}..${range.max})`;
}

function datesText({ dates, digitTexts }: ColumnValues): string[] {
  const shapes = Object.entries(dates.shapes).map(
    ([shape, count]) => `${formatCount(count)} like ${shape}`,
  );
  return digitTexts === 0 ? shapes : [...shapes, `${formatCount(digitTexts)} of digits`];
}

function odditiesText({ oddities }: ColumnValues): string[] {
  return Object.entries(oddities).map(([kind, count]) => `${formatCount(count)} ${kind}`);
}
