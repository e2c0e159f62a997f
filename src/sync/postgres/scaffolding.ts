import { AUTHORITY_COLUMNS } from '../authority.js';
import type { FollowedTable } from '../followed-table.js';
import { keyTextSql, tableSql } from './key-sql.js';
import { SHARE_AUTHORITY } from './locks.js';

/**
 * What a target that is followed has beside the game's tables. The fence and capture work with
 * their owner's rights: a bot's role needs none here.
 */
export function scaffoldingSql(tables: readonly FollowedTable[]): string[] {
  return [
    ...TABLES,
    AUTHORITY_NOW,
    triggerFunctionSql('fence', 'STABLE', FENCE),
    ...tables.flatMap((table) => [captureSql(table), ...triggersSql(table)]),
  ];
}

export const FENCE_TRIGGER = 'cardctl_fence';
export const TRUNCATE_TRIGGER = 'cardctl_fence_truncate';
export const CAPTURE_TRIGGER = 'cardctl_capture';

/** Names of the functions, for their removal. */
export function captureFunction(number: number | string): string {
  return `capture_${number}`;
}

/** Names the applier's session to the fence. */
export const APPLIER_SETTING = 'cardctl.applier';

const TABLES = [
  'CREATE SCHEMA IF NOT EXISTS cardctl',
  `CREATE TABLE IF NOT EXISTS cardctl.authority ${AUTHORITY_COLUMNS}`,
  // Rows come and go all the time: a log that is nearly empty must stay small.
  `CREATE TABLE cardctl.change (
     id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
     tbl integer NOT NULL,
     key text[] COLLATE "C" NOT NULL
   ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000)`,
  'CREATE INDEX change_xid ON cardctl.change (xid)',
  `CREATE TABLE cardctl.follow (
     id                 integer PRIMARY KEY CHECK (id = 1),
     source_id          text NOT NULL,
     tables             text NOT NULL,
     schema             text,
     applier_token      text,
     applied_epoch      bigint NOT NULL,
     applied_sequence   bigint NOT NULL,
     applied_snapshot   text,
     applied_consistent boolean NOT NULL,
     applied_at         timestamptz,
     seen_at            timestamptz,
     fence_sequence     bigint,
     fence_snapshot     text
   )`,
  `COMMENT ON COLUMN cardctl.follow.seen_at IS
     'when this database last had all that its authority had written'`,
  `COMMENT ON COLUMN cardctl.follow.fence_sequence IS
     'with fence_snapshot: the last position, while the fence is up'`,
];

/**
 * Who may write, by what is committed when the lock is granted. In READ COMMITTED each statement of
 * a VOLATILE function has a snapshot of its own. Elsewhere the transaction's snapshot may be older:
 * a lock on the row fails there when the row has changed since.
 *
 * It runs with the rights and the search path of the fence, which are set once.
 */
const AUTHORITY_NOW = `
CREATE FUNCTION cardctl.authority_now(OUT store text, OUT epoch bigint, OUT moving bigint, OUT token text)
  LANGUAGE plpgsql VOLATILE AS '
BEGIN
  PERFORM ${SHARE_AUTHORITY};
  IF current_setting(''transaction_isolation'') IN (''read committed'', ''read uncommitted'') THEN
    SELECT a.store, a.epoch, a.moving, f.applier_token INTO store, epoch, moving, token
      FROM cardctl.authority a, cardctl.follow f WHERE a.id = 1 AND f.id = 1;
  ELSE
    SELECT a.store, a.epoch, a.moving, f.applier_token INTO store, epoch, moving, token
      FROM cardctl.authority a, cardctl.follow f WHERE a.id = 1 AND f.id = 1 FOR SHARE OF a;
  END IF;
END'`;

/**
 * DANGER: the function must be STABLE, so that the epoch that it reads itself is the one that the
 * writer's statement sees. That statement may have begun while this database still followed, and
 * come to its writes now that it is the authority: of the rows that were applied meanwhile it sees
 * nothing, and would write by what they were, or find none to write.
 *
 * A session that names itself an applier is refused while Postgres is the authority. That stops an
 * applier of an earlier epoch, and lets the capture triggers tell by that name alone whether to log.
 */
const FENCE = `
DECLARE
  applier text := current_setting('${APPLIER_SETTING}', true);
  seen bigint;
  said record;
  authority text;
BEGIN
  SELECT a.epoch INTO seen FROM cardctl.authority a WHERE a.id = 1;
  said := cardctl.authority_now();
  authority := format('(authority %s, epoch %s)', said.store, said.epoch);
  IF said.store = 'postgres' AND said.moving = 0 AND coalesce(applier, '') = '' THEN
    IF TG_OP = 'TRUNCATE' THEN
      RAISE EXCEPTION 'cardctl: TRUNCATE of %.% would not reach the other database', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'CC001', HINT = 'Use DELETE, whose rows are logged.';
    END IF;
    IF seen = said.epoch THEN RETURN NULL; END IF;
    RAISE EXCEPTION 'cardctl: the authority has moved since this statement began %', authority
      USING ERRCODE = 'CC001', HINT = 'Try again.';
  END IF;
  IF said.store = 'sqlite' AND applier = said.token AND TG_OP <> 'TRUNCATE' THEN
    RETURN NULL;
  END IF;
  IF said.store = 'postgres' AND said.moving <> 0 THEN
    RAISE EXCEPTION 'cardctl: nobody may write now, the authority is about to move %', authority
      USING ERRCODE = 'CC001', HINT = 'Try again in a moment. What is going on says: cardctl status';
  END IF;
  IF said.store = 'postgres' THEN
    RAISE EXCEPTION 'cardctl: this session applied changes of an earlier epoch, and may write no more %', authority
      USING ERRCODE = 'CC001', HINT = 'Follow anew: cardctl migrate --follow';
  END IF;
  RAISE EXCEPTION 'cardctl: this database follows another and takes no writes of its own: write to the SQLite file %', authority
    USING ERRCODE = 'CC001', HINT = 'Send updates to a bot, which knows where to write. Who may write says: cardctl status';
END`;

/** Static SQL, a function a table: a generic one that looks into a row costs twice as much. */
function captureSql({ number, key }: FollowedTable): string {
  const log = (row: string) =>
    `INSERT INTO cardctl.change (tbl, key) VALUES (${number}, ARRAY[${key.map((column) => keyTextSql(column, row)).join(', ')}]);`;
  const row = (from: string) => `ROW(${key.map((column) => keyTextSql(column, from)).join(', ')})`;
  const body = `
BEGIN
  IF TG_OP = 'DELETE' THEN
    ${log('OLD.')}
  ELSE
    ${log('NEW.')}
    IF TG_OP = 'UPDATE' THEN
      IF ${row('OLD.')} IS DISTINCT FROM ${row('NEW.')} THEN
        ${log('OLD.')}
      END IF;
    END IF;
  END IF;
  RETURN NULL;
END`;
  const hasDouble = key.some(({ plan }) => plan.type === 'double precision');
  const settings = hasDouble ? 'VOLATILE SET extra_float_digits = 1' : 'VOLATILE';
  return triggerFunctionSql(captureFunction(number), settings, body);
}

function triggerFunctionSql(name: string, settings: string, body: string): string {
  return `CREATE FUNCTION cardctl.${name}() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog ${settings}
    AS '${body.replaceAll("'", "''")}'`;
}

/** ALWAYS: also in sessions that replay for a subscription or a restore. */
function triggersSql(followed: FollowedTable): string[] {
  const table = tableSql(followed);
  return [
    `CREATE TRIGGER ${FENCE_TRIGGER} BEFORE INSERT OR UPDATE OR DELETE ON ${table}
       FOR EACH STATEMENT EXECUTE FUNCTION cardctl.fence()`,
    `CREATE TRIGGER ${TRUNCATE_TRIGGER} BEFORE TRUNCATE ON ${table}
       FOR EACH STATEMENT EXECUTE FUNCTION cardctl.fence()`,
    `CREATE TRIGGER ${CAPTURE_TRIGGER} AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW
       WHEN (coalesce(current_setting('${APPLIER_SETTING}', true), '') = '')
       EXECUTE FUNCTION cardctl.${captureFunction(followed.number)}()`,
    ...[FENCE_TRIGGER, TRUNCATE_TRIGGER, CAPTURE_TRIGGER].map(
      (trigger) => `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${trigger}`,
    ),
  ];
}
