import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { ColumnRule } from '../../schema/model.js';
import { parseColumnName } from './column-name.js';
import { type Cutover, cutoverOf } from './cutover.js';
import { expand } from './expand.js';
import { findConfig, readConfigFile } from './file.js';
import { environmentLayer, type FlagSettings, flagLayer, type Layer } from './layers.js';
import { refuseTwoLegacies } from './legacy.js';
import { type MoveConfig, moveOf } from './move.js';
import { Problems } from './problems.js';
import { type Body, bodySchema } from './schema.js';
import { type Stacks, stacksOf } from './stacks.js';
import { parseTarget, type Target } from './target.js';
import { inFile, validate } from './validate.js';

export type { Cutover } from './cutover.js';
export type { Stacks } from './stacks.js';
export type { Target } from './target.js';

/** A rule for one column, by the names in the source. */
export interface NamedColumnRule {
  readonly table: string;
  readonly column: string;
  readonly rule: Readonly<ColumnRule>;
}

/** Everything a command needs to know, decided once. Paths are absolute. */
export interface Config {
  /** The file it came from, or null. */
  readonly file: string | null;
  readonly source: string | null;
  readonly target: Target | null;
  readonly workDir: string;
  readonly backup: {
    readonly out: string;
    /** How many backups of a source to keep; null keeps all. */
    readonly keep: number | null;
    /** Milliseconds; undefined leaves it to the engine. */
    readonly holdMsMax: number | undefined;
  };
  readonly migrate: {
    readonly jobs: number;
    readonly onBadRow: 'fail' | 'reject';
    readonly brokenForeignKeys: 'omit' | 'not-valid';
    readonly brokenChecks: 'omit' | 'not-valid';
  };
  readonly rules: readonly NamedColumnRule[];
  /** Names of indexes and checks that are left out knowingly. */
  readonly skip: readonly string[];
  readonly stacks: Stacks;
  readonly move: MoveConfig;
  readonly cutover: Cutover;
}

export interface ConfigInput {
  /** As given with `--config`. */
  file?: string | undefined;
  flags: FlagSettings;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Called with each secret as soon as it is known. */
  onSecret: (secret: string) => void;
}

/**
 * Reads the configuration: flags before environment before file before defaults.
 *
 * @throws CardctlError `usage` that lists every problem at once
 */
export function loadConfig({ file, flags, env, cwd, onSecret }: ConfigInput): Config {
  const problems = new Problems();
  const path = findConfig(cwd, file);
  const directory = path === null ? cwd : dirname(path);
  const layers = [
    ...(path === null
      ? []
      : [checked(fileLayer(path, env, problems), directory, problems, onSecret)]),
    checked(environmentLayer(env), cwd, problems, onSecret),
    checked(flagLayer(flags), cwd, problems, onSecret),
  ];
  const rules = layers.flatMap((layer) => layer.rules);
  problems.throwIfAny();
  return deepFreeze(merge(path, cwd, layers, rules));
}

function fileLayer(path: string, env: NodeJS.ProcessEnv, problems: Problems): Layer {
  const place = inFile(path);
  const raw = readConfigFile(path, problems);
  return { place, body: expand(raw, { place, env, problems }) as Record<string, unknown> };
}

interface CheckedLayer {
  body: Body;
  target: Target | undefined;
  rules: NamedColumnRule[];
  stacks: Stacks;
  cutover: Cutover;
}

/** One layer, validated, its paths made absolute. */
function checked(
  { place, body }: Layer,
  directory: string,
  problems: Problems,
  onSecret: (secret: string) => void,
): CheckedLayer {
  const valid = validate(bodySchema, body, { place, path: [] }, problems);
  const target = targetIn({ place, body }, directory, problems, onSecret);
  const rules = rulesIn({ place, body }, valid, problems);
  refuseTwoLegacies(body, place, problems);
  const { source, workDir, backup, ...rest } = valid ?? {};
  return {
    target,
    rules,
    stacks: stacksOf(valid ?? {}, { place, directory }, problems, onSecret),
    cutover: cutoverOf(valid?.cutover, { place, directory }, problems, onSecret),
    body: {
      ...rest,
      ...(source !== undefined && { source: resolve(directory, source) }),
      ...(workDir !== undefined && { workDir: resolve(directory, workDir) }),
      ...(backup !== undefined && {
        backup: {
          ...backup,
          ...(backup.out !== undefined && { out: resolve(directory, backup.out) }),
        },
      }),
    },
  };
}

/** Looks at the raw body, so that a wrong target is reported along with what else is wrong. */
function targetIn(
  { place, body }: Layer,
  directory: string,
  problems: Problems,
  onSecret: (secret: string) => void,
): Target | undefined {
  const { target, database } = body;
  if (target !== undefined && database !== undefined) {
    const named = place.nameOf(['database']);
    problems.add(named.from, named.path, 'give either target or database, not both');
  }
  const key = target !== undefined ? 'target' : 'database';
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  return parseTarget({ value, path: [key], place, directory }, problems, onSecret);
}

/** Names are looked at in the raw body too, so that a wrong one is reported with all the rest. */
function rulesIn(
  { place, body: raw }: Layer,
  valid: Body | undefined,
  problems: Problems,
): NamedColumnRule[] {
  const rules = new Map<string, NamedColumnRule>();
  for (const kind of ['types', 'onBadValue'] as const) {
    for (const key of Object.keys(asObject(raw[kind]))) {
      const name = parseColumnName(key);
      if (name === undefined) {
        const named = place.nameOf([kind, key]);
        problems.add(named.from, named.path, NAME_EXPECTED);
        continue;
      }
      const id = asciiLower(JSON.stringify([name.table, name.column]));
      const rule = ruleOf(kind, key, valid);
      rules.set(id, { ...name, rule: { ...rules.get(id)?.rule, ...rule } });
    }
  }
  return [...rules.values()];
}

const NAME_EXPECTED = 'expected table.column; a part with a dot in it is quoted: "a.b"."c"';

function ruleOf(kind: 'types' | 'onBadValue', key: string, valid: Body | undefined): ColumnRule {
  return kind === 'types'
    ? { type: valid?.types?.[key] }
    : { onBadValue: valid?.onBadValue?.[key] };
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function merge(
  file: string | null,
  cwd: string,
  layers: readonly CheckedLayer[],
  rules: readonly NamedColumnRule[],
): Config {
  const body = Object.assign({}, ...layers.map((layer) => layer.body)) as Body;
  const backup = Object.assign({}, ...layers.map((layer) => layer.body.backup));
  const migrate = Object.assign({}, ...layers.map((layer) => layer.body.migrate));
  const workDir = body.workDir ?? resolve(cwd, '.cardctl');
  return {
    file,
    source: body.source ?? null,
    target: layers.findLast((layer) => layer.target !== undefined)?.target ?? null,
    workDir,
    backup: {
      out: backup.out ?? resolve(workDir, 'backups'),
      keep: backup.keep ?? null,
      holdMsMax: backup.holdMsMax,
    },
    migrate: {
      jobs: migrate.jobs ?? availableParallelism(),
      onBadRow: migrate.onBadRow ?? 'fail',
      brokenForeignKeys: migrate.brokenForeignKeys ?? 'omit',
      brokenChecks: migrate.brokenChecks ?? 'omit',
    },
    rules,
    skip: body.skip ?? [],
    // Nothing of these can be set outside of the file, whose layer is the first.
    stacks: (layers[0] as CheckedLayer).stacks,
    move: moveOf(body),
    cutover: (layers[0] as CheckedLayer).cutover,
  };
}

function asciiLower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
