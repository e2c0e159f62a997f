import type { Place } from './validate.js';

/** What the flags of any command may set. As commander hands them over. */
export interface FlagSettings {
  source?: string | undefined;
  target?: string | undefined;
  workDir?: string | undefined;
  out?: string | undefined;
  keep?: string | undefined;
  jobs?: string | undefined;
  onBadRow?: string | undefined;
}

interface Setting {
  path: readonly [string] | readonly [string, string];
  env: string;
  flag?: keyof FlagSettings;
}

/** What can be set outside of the file. */
const SETTINGS: readonly Setting[] = [
  { path: ['source'], env: 'CARDCTL_SOURCE', flag: 'source' },
  { path: ['target'], env: 'CARDCTL_TARGET', flag: 'target' },
  { path: ['workDir'], env: 'CARDCTL_WORK_DIR', flag: 'workDir' },
  { path: ['backup', 'out'], env: 'CARDCTL_BACKUP_OUT', flag: 'out' },
  { path: ['backup', 'keep'], env: 'CARDCTL_BACKUP_KEEP', flag: 'keep' },
  { path: ['backup', 'holdMsMax'], env: 'CARDCTL_BACKUP_HOLD_MS_MAX' },
  { path: ['migrate', 'jobs'], env: 'CARDCTL_JOBS', flag: 'jobs' },
  { path: ['migrate', 'onBadRow'], env: 'CARDCTL_ON_BAD_ROW', flag: 'onBadRow' },
  { path: ['migrate', 'brokenForeignKeys'], env: 'CARDCTL_BROKEN_FOREIGN_KEYS' },
  { path: ['migrate', 'brokenChecks'], env: 'CARDCTL_BROKEN_CHECKS' },
];

export interface Layer {
  place: Place;
  body: Record<string, unknown>;
}

/** The environment as a configuration. An empty variable counts as not set. */
export function environmentLayer(env: NodeJS.ProcessEnv): Layer {
  return layerOf('the environment', (setting) => env[setting.env] || undefined, envName);
}

/** The command line as a configuration. */
export function flagLayer(flags: FlagSettings): Layer {
  return layerOf('the command line', ({ flag }) => flag && flags[flag], flagName);
}

function layerOf(
  from: string,
  lookUp: (setting: Setting) => string | undefined,
  nameOf: (setting: Setting) => string,
): Layer {
  const body: Record<string, unknown> = {};
  for (const setting of SETTINGS) {
    const value = lookUp(setting);
    if (value !== undefined) set(body, setting.path, value);
  }
  return {
    place: { from, nameOf: (path) => ({ from: nameAt(path, nameOf) ?? from, path: '' }) },
    body,
  };
}

function set(body: Record<string, unknown>, [top, inner]: Setting['path'], value: string): void {
  if (inner === undefined) body[top] = value;
  else body[top] = { ...(body[top] as object | undefined), [inner]: value };
}

function nameAt(path: readonly PropertyKey[], nameOf: (s: Setting) => string): string | undefined {
  const setting = SETTINGS.find(({ path: known }) => known.every((part, i) => path[i] === part));
  return setting && nameOf(setting);
}

function envName({ env }: Setting): string {
  return env;
}

function flagName({ flag, env }: Setting): string {
  return flag === undefined ? env : `--${flag.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
}
