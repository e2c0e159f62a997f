import type {
  ColumnCensus,
  ColumnProblem,
  ColumnRule,
  SourceColumn,
  TargetType,
  TimeTextForm,
} from './model.js';
import { choicesFor } from './types/choices.js';
import { type Misfit, misfitsOf } from './types/misfits.js';
import { naturalType } from './types/natural-type.js';
import { mappedText } from './values/text-forms.js';
import { FORM_SHAPES } from './values/time-text.js';

export interface TypeContext {
  table: string;
  /** NULL cannot stand for a bad value: the column is NOT NULL or part of the primary key. */
  refusesNull: boolean;
}

export interface ChosenType {
  type: TargetType;
  /** One clause for the report. */
  why: string;
  textForm?: TimeTextForm | undefined;
  /** Empty when the type holds every value, or the rule says what becomes of those it cannot. */
  problems: ColumnProblem[];
}

/**
 * Chooses a type that holds every value which the census found, or says what stands in the way.
 *
 * @param census null for a column that stores nothing
 */
export function chooseType(
  column: SourceColumn,
  census: ColumnCensus | null,
  rule: ColumnRule | null,
  context: TypeContext,
): ChosenType {
  const natural = naturalType(column, census);
  const type = rule?.type ?? natural.type;
  const ruled = rule?.type !== undefined;
  const why = ruled ? 'the config says so' : natural.why;
  const textForm = textFormOf(type, census);
  const misfits = census === null ? [] : misfitsOf(type, column, census, { ruled, textForm });
  const unresolved = misfits.filter((misfit) => !isResolved(misfit, rule));
  const problems = [
    ...unresolved.map((misfit) => problemOf(misfit, type, column, context)),
    ...ruleProblems(type, column, rule, misfits, context),
  ];
  return { type, why, textForm, problems };
}

/** The one way of writing a time that covers all text of the column, if there is one. */
function textFormOf(type: TargetType, census: ColumnCensus | null): TimeTextForm | undefined {
  if (type === 'date') return 'YYYY-MM-DD';
  if (type !== 'timestamp') return undefined;
  const forms = Object.keys(FORM_SHAPES) as TimeTextForm[];
  if (census === null || census.counts.text === 0) return 'YYYY-MM-DD HH:MM:SS';
  const covered = (form: TimeTextForm) =>
    FORM_SHAPES[form].reduce((sum, shape) => sum + census.shapes[shape], 0);
  return forms.reduce((best, form) => (covered(form) > covered(best) ? form : best));
}

function isResolved(misfit: Misfit, rule: ColumnRule | null): boolean {
  const onBad = rule?.onBadValue;
  if (onBad === undefined || onBad === 'fail') return false;
  if (onBad === 'strip-nul') return misfit.kind === 'NUL in text';
  return true;
}

function problemOf(
  misfit: Misfit,
  type: TargetType,
  column: SourceColumn,
  { table }: TypeContext,
): ColumnProblem {
  const { kind, count, seenAt } = misfit;
  const declared = column.declaredType === '' ? 'without a type' : column.declaredType;
  return {
    table,
    column: column.name,
    kind,
    count,
    message: `${table}.${column.name} (${declared}) as ${type} cannot hold ${misfit.what}`,
    choices: choicesFor(misfit, type, `${table}.${column.name}`),
    seenAt,
  };
}

function ruleProblems(
  type: TargetType,
  column: SourceColumn,
  rule: ColumnRule | null,
  misfits: readonly Misfit[],
  { table, refusesNull }: TypeContext,
): ColumnProblem[] {
  const name = `${table}.${column.name}`;
  const onBad = rule?.onBadValue;
  const facts = {
    table,
    column: column.name,
    kind: misfits[0]?.kind ?? 'null',
    seenAt: [],
  } as const;
  const count = misfits.reduce((sum, misfit) => sum + misfit.count, 0);
  const words = typeof onBad === 'object' ? Object.entries(onBad) : [];
  const problems = words.flatMap(([from, to]): ColumnProblem[] => {
    if (to === null || mappedText(to, type) !== undefined) return [];
    const message = `the value map of ${name} turns ${JSON.stringify(from)} into ${JSON.stringify(to)}, which is no ${type}`;
    const choices = [`write a ${type} there, or null`];
    return [{ ...facts, seenAt: [], count, message, choices }];
  });
  const givesNull = onBad === 'null' || words.some(([, to]) => to === null);
  if (!givesNull || !refusesNull || count === 0) return problems;
  const message = `the rule for ${name} turns ${count} values into NULL, which the column refuses`;
  const choices = ['map the values to something else', 'reject the rows: --on-bad-row reject'];
  return [...problems, { ...facts, seenAt: [], count, message, choices }];
}
