import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { explainPostgresError, SQLSTATE } from '../../../src/drivers/postgres-errors.js';

const FACTS = { name: 'db:5432/game', user: 'bot', usesTls: false, secrets: ['hunter2'] };

describe('an error of the target', () => {
  it.each([
    [SQLSTATE.diskFull, /disk of db:5432\/game is full/, /--resume/],
    [SQLSTATE.outOfMemory, /out of memory/, /--jobs/],
    [SQLSTATE.invalidAuthorization, /does not let user bot in/, /sslmode=require/],
    [SQLSTATE.crashShutdown, /ended the connection/, /--resume/],
    [SQLSTATE.cannotConnectNow, /not taking connections now/, /Wait/],
    [SQLSTATE.connectionFailure, /connection .* was lost/, /--resume/],
    ['ECONNRESET', /connection .* was lost/, /--resume/],
    ['EHOSTUNREACH', /cannot be reached/, /firewalls/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /certificate .* is not trusted/, /sslrootcert/],
    ['XX000', /: it broke \(XX000\)$/, /log/],
  ])('with the code %s says what and what next', (code, message, hint) => {
    const cause = Object.assign(new Error('it broke'), { code });
    expect(explainPostgresError(FACTS, cause)).toMatchObject({
      code: 'target',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
      cause: { code, message: 'it broke' },
      details: { target: 'db:5432/game', code },
    });
  });

  it('shows no secret, wherever the server or the driver has put it', () => {
    const cause = Object.assign(new Error('hunter2 is wrong'), {
      code: 'XX000',
      detail: 'Key (password)=(hunter2)',
      table: 'players',
      client: { password: 'hunter2' },
    });
    const error = explainPostgresError(FACTS, cause);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
    expect(error.details).toMatchObject({ detail: 'Key (password)=(***)', table: 'players' });
  });

  it('that says nothing itself, as Node’s for many addresses, is named by its code', () => {
    const cause = Object.assign(new AggregateError([]), { code: 'EWHATEVER' });
    expect(explainPostgresError(FACTS, cause).message).toContain('EWHATEVER');
  });

  it('that is explained already stays as it is', () => {
    const explained = explainPostgresError(FACTS, new Error('it broke'));
    expect(explainPostgresError(FACTS, explained)).toBe(explained);
  });
});
