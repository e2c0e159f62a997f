import { CardctlError, codeOf, messageOf } from '../lib/errors.js';

/** The SQLSTATEs that mean something to cardctl. */
export const SQLSTATE = {
  connectionFailure: '08006',
  foreignKeyViolation: '23503',
  uniqueViolation: '23505',
  readOnlyTransaction: '25006',
  invalidAuthorization: '28000',
  invalidPassword: '28P01',
  invalidCatalogName: '3D000',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  insufficientPrivilege: '42501',
  undefinedColumn: '42703',
  undefinedTable: '42P01',
  diskFull: '53100',
  outOfMemory: '53200',
  tooManyConnections: '53300',
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
  /** Raised by our own fence: this database takes no writes from this session. */
  fenced: 'CC001',
} as const;

/** What is known about the target when something goes wrong with it. */
export interface TargetFacts {
  /** `host:port/database`. */
  name: string;
  user: string;
  usesTls: boolean;
  /** Strings that must not get into any message, in all their spellings. */
  secrets: readonly string[];
}

/**
 * Says what is wrong with the target and what to do, from the SQLSTATE or the error code of what
 * `pg` threw. A CardctlError passes through as it is. The cause is a copy without the secrets.
 */
export function explainPostgresError(facts: TargetFacts, error: unknown): CardctlError {
  if (error instanceof CardctlError) return error;
  const code = codeOf(error) ?? '';
  const cause = withoutSecrets(error, facts.secrets);
  const { message, hint } = explain(facts, code, cause.message);
  return new CardctlError('target', message, {
    hint,
    cause,
    details: { target: facts.name, ...(code === '' ? {} : { code }), ...factsOf(error, facts) },
  });
}

/** Replaces the secrets in a text. */
function conceal(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((concealed, secret) => concealed.replaceAll(secret, '***'), text);
}

interface Explanation {
  message: string;
  hint: string;
}

function explain(facts: TargetFacts, code: string, text: string): Explanation {
  return (
    explainNetwork(facts, code, text) ??
    explainLogin(facts, code, text) ??
    explainServer(facts, code, text) ?? {
      message: `Postgres at ${facts.name}: ${text}${code === '' ? '' : ` (${code})`}`,
      hint:
        code === '' && facts.usesTls
          ? 'If the server has no TLS, write ?sslmode=disable in the URL.'
          : "Look into the server's log, put that right and run this again.",
    }
  );
}

function explainNetwork(
  { name }: TargetFacts,
  code: string,
  text: string,
): Explanation | undefined {
  const tryIt = `Try it with: pg_isready, or psql. Check host and port of --target, and firewalls between.`;
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return {
        message: `nothing answers at ${name}: connection refused`,
        hint: 'Start the Postgres server, or correct host and port in --target.',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        message: `the host of ${name} is unknown: the name does not resolve`,
        hint: 'Correct the host in --target. A password with @ : / ? # in it must be percent-encoded.',
      };
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { message: `${name} cannot be reached (${code})`, hint: tryIt };
    case 'ECONNRESET':
    case 'EPIPE':
    case SQLSTATE.connectionFailure:
      return {
        message: `the connection to ${name} was lost (${code})`,
        hint: 'Run the same command again; migrate goes on where it was with --resume.',
      };
    default:
      return UNTRUSTED.has(code)
        ? {
            message: `the TLS certificate of ${name} is not trusted: ${text}`,
            hint: 'Add ?sslrootcert=FILE with the certificate of its authority to the URL, or sslmode=require, which encrypts without checking it.',
          }
        : undefined;
  }
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function explainLogin(facts: TargetFacts, code: string, text: string): Explanation | undefined {
  const { name, user, usesTls } = facts;
  switch (code) {
    case SQLSTATE.invalidPassword:
      return {
        message: `${name} does not accept the password of user ${user}`,
        hint: 'Correct user and password in --target. A password with @ : / ? # % in it must be percent-encoded.',
      };
    case SQLSTATE.invalidAuthorization:
      return {
        message: `${name} does not let user ${user} in: ${text}`,
        hint: usesTls
          ? `Let the user in: add a line for it to the server's pg_hba.conf, then reload the server.`
          : 'If the server wants TLS, add ?sslmode=require to the URL. Otherwise add a line for the user to its pg_hba.conf.',
      };
    case SQLSTATE.invalidCatalogName:
      return {
        message: `there is no database of that name at ${name}`,
        hint: `Create it first: createdb ${connectionFlags(facts)}`,
      };
    case SQLSTATE.tooManyConnections:
      return {
        message: `${name} has no connection left: ${text}`,
        hint: 'Run with fewer --jobs, close other clients, or raise max_connections.',
      };
    default:
      return undefined;
  }
}

function connectionFlags({ name, user }: TargetFacts): string {
  const [, host, port, database] = /^(.*):(\d+)\/(.*)$/.exec(name) ?? [];
  return host === undefined ? '' : `-h ${host} -p ${port} -O ${user} ${database}`;
}

/** Migrate makes a schema of its own for as long as it needs one; verify only reads. */
function grantsFor({ name, user }: TargetFacts): string {
  const database = name.slice(name.lastIndexOf('/') + 1);
  return [
    `GRANT CREATE ON DATABASE "${database}" TO "${user}";`,
    `GRANT USAGE, CREATE ON SCHEMA public TO "${user}"`,
    `  (to verify alone: GRANT SELECT ON ALL TABLES IN SCHEMA public TO "${user}")`,
  ].join(' ');
}

function explainServer(facts: TargetFacts, code: string, text: string): Explanation | undefined {
  const { name, user } = facts;
  switch (code) {
    case SQLSTATE.insufficientPrivilege:
      return {
        message: `user ${user} may not do that at ${name}: ${text}`,
        hint: `As the owner of the database, run: ${grantsFor(facts)}`,
      };
    case SQLSTATE.readOnlyTransaction:
      return {
        message: `${name} takes no writes: ${text}`,
        hint: 'Give the URL of the primary, not of a read replica, with --target.',
      };
    case SQLSTATE.fenced:
      return {
        message: `${name} takes no writes: ${text}`,
        hint: 'See who is the authority now: cardctl status',
      };
    case SQLSTATE.diskFull:
      return {
        message: `the disk of ${name} is full: ${text}`,
        hint: 'Free space on the database server, then run the same command again with --resume.',
      };
    case SQLSTATE.outOfMemory:
      return {
        message: `${name} is out of memory: ${text}`,
        hint: 'Run with fewer --jobs, or lower maintenance_work_mem.',
      };
    case SQLSTATE.lockNotAvailable:
      return {
        message: `something at ${name} was in use by others for too long: ${text}`,
        hint: 'See who: SELECT pid, application_name, query FROM pg_stat_activity. Then run this again.',
      };
    case SQLSTATE.queryCanceled:
      return {
        message: `${name} cancelled a statement: ${text}`,
        hint: `Somebody cancelled it, or a timeout is set: see statement_timeout, also by ALTER ROLE "${user}".`,
      };
    case SQLSTATE.adminShutdown:
    case SQLSTATE.crashShutdown:
      return {
        message: `${name} ended the connection: ${text}`,
        hint: 'Wait until the server is up, then run the same command again with --resume.',
      };
    case SQLSTATE.cannotConnectNow:
      return {
        message: `${name} is not taking connections now: ${text}`,
        hint: 'It is starting, recovering or shutting down. Wait until it is up, then run this again.',
      };
    default:
      return undefined;
  }
}

/** The parts of a server's error that help in finding the row or the object. */
function factsOf(error: unknown, { secrets }: TargetFacts): Record<string, string> {
  const fields = error as Record<string, unknown>;
  const found = ['detail', 'schema', 'table', 'column', 'constraint'].flatMap((name) => {
    const value = fields[name];
    return typeof value === 'string' ? [[name, conceal(value, secrets)] as const] : [];
  });
  return Object.fromEntries(found);
}

/** A plain error in place of one whose fields, known and unknown, might hold a secret. */
function withoutSecrets(error: unknown, secrets: readonly string[]): Error & { code?: string } {
  // Node reports "every address of localhost refused" as an error without a message.
  const text = messageOf(error) || (codeOf(error) ?? 'no reason given');
  const copy: Error & { code?: string } = new Error(conceal(text, secrets));
  if (error instanceof Error) {
    copy.name = error.name;
    copy.stack = conceal(error.stack ?? '', secrets);
  }
  const code = codeOf(error);
  if (code !== undefined) copy.code = code;
  return copy;
}
