import { isIP } from 'node:net';
import { parseUrl, redactUrl, secretsOf, urlOf } from '../../drivers/postgres-url.js';
import type { CardctlError } from '../../lib/errors.js';
import type { Problems } from './problems.js';
import { type DatabaseBlock, targetSchemas } from './schema.js';
import { secretOf } from './secret.js';
import { type Place, validate } from './validate.js';

export interface Target {
  /** With the password, for the driver alone. */
  readonly url: string;
  /** Without the password, for people and the journal. */
  readonly shown: string;
  /** The read replica, when there is one; with the password. */
  readonly replicaUrl: string | null;
}

export interface TargetInput {
  value: unknown;
  path: readonly PropertyKey[];
  place: Place;
  /** Relative paths of secret files start here. */
  directory: string;
}

/** A target in any of its spellings. Passwords found are handed to `onSecret`. */
export function parseTarget(
  input: TargetInput,
  problems: Problems,
  onSecret: (secret: string) => void,
): Target | undefined {
  const { value, path } = input;
  if (typeof value === 'string') return fromUrl(value, path, input, problems, onSecret);
  if (typeof value === 'object' && value !== null && 'url' in value) {
    const parsed = validate(targetSchemas.secret, value, input, problems);
    if (parsed === undefined) return undefined;
    const urlPath = [...path, 'url'];
    const url = secretOf(parsed.url, urlPath, input, problems);
    if (url === undefined) return undefined;
    const target = fromUrl(url, urlPath, input, problems, onSecret);
    return target && { ...target, replicaUrl: replicaUrlOf(target.url, parsed.read_replica) };
  }
  const block = validate(targetSchemas.database, value, input, problems);
  return block && fromBlock(block, input, problems, onSecret);
}

function fromUrl(
  url: string,
  path: readonly PropertyKey[],
  { place }: TargetInput,
  problems: Problems,
  onSecret: (secret: string) => void,
): Target | undefined {
  try {
    for (const secret of secretsOf(parseUrl(url))) onSecret(secret);
    return { url, shown: redactUrl(url), replicaUrl: null };
  } catch (error) {
    const { message, hint } = error as CardctlError;
    const named = place.nameOf(path);
    problems.add(named.from, named.path, [message, hint].filter(Boolean).join('. '));
    return undefined;
  }
}

function fromBlock(
  block: DatabaseBlock,
  input: TargetInput,
  problems: Problems,
  onSecret: (secret: string) => void,
): Target | undefined {
  const password = passwordOf(block, input, problems);
  if (password === 'missing') return undefined;
  if (password !== undefined) onSecret(password);
  const plain = urlOf({ ...block, password });
  const url = block.sslmode === undefined ? plain : withParameter(plain, 'sslmode', block.sslmode);
  return { url, shown: redactUrl(url), replicaUrl: replicaUrlOf(url, block.read_replica) };
}

function withParameter(url: string, name: string, value: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set(name, value);
  return parsed.href;
}

function passwordOf(
  { password, passwordFile }: DatabaseBlock,
  input: TargetInput,
  problems: Problems,
): string | undefined | 'missing' {
  if (password !== undefined && passwordFile !== undefined) {
    const named = input.place.nameOf([...input.path, 'passwordFile']);
    problems.add(named.from, named.path, 'give either password or passwordFile, not both');
    return 'missing';
  }
  if (passwordFile !== undefined) {
    return (
      secretOf({ file: passwordFile }, [...input.path, 'passwordFile'], input, problems) ??
      'missing'
    );
  }
  if (password === undefined) return undefined;
  return secretOf(password, [...input.path, 'password'], input, problems) ?? 'missing';
}

/** The same database on another host; a replica without a login of its own has the primary's. */
function replicaUrlOf(url: string, replica: DatabaseBlock['read_replica']): string | null {
  if (replica === undefined || replica === null) return null;
  if (typeof replica === 'string' && /^postgres(ql)?:\/\//.test(replica)) return replica;
  const parsed = new URL(url);
  const { host, port } =
    typeof replica === 'string' ? splitHost(replica) : { host: replica.host, port: replica.port };
  parsed.host = hostText(host);
  if (port !== undefined) parsed.port = String(port);
  return parsed.href;
}

function splitHost(text: string): { host: string; port: number | undefined } {
  const match = /^(.*):(\d+)$/.exec(text);
  if (match === null || isIP(text) === 6) return { host: text, port: undefined };
  return { host: match[1] ?? text, port: Number(match[2]) };
}

function hostText(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
