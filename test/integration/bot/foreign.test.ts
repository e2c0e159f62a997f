import type { Update } from 'grammy/types';
import { describe, expect, test } from 'vitest';
import { createLog } from '../../../src/bot/log.js';
import type { BotOptions } from '../../../src/bot/options.js';
import { startBot } from '../../../src/bot/runtime.js';
import { systemClock } from '../../../src/lib/clock.js';
import { setAuthority } from '../../../src/store/authority.js';
import type { Store } from '../../../src/store/store.js';
import { type BotApiDouble, startBotApiDouble, TOKEN } from '../../support/bot/bot-api.js';
import { memoryCache } from '../../support/bot/memory-cache.js';
import { commandUpdate, GROUP_ID, pressUpdate, type Sender } from '../../support/bot/updates.js';
import { atEnd } from '../../support/cleanup.js';
import { fenceGame, startForeignBot } from '../../support/foreign-bot.js';
import { type GameInDatabase, gameInPostgres, gameInSqlite } from '../../support/game-stores.js';
import { send } from './bots.js';

const SECRET = 'telegrams-secret-token';
const PATH = '/0123456789abcdef';

/** New players, so that nothing in the database is in their way. */
const NEGAR: Sender = { id: 9_000_000_001, name: 'Negar' };
const BABAK: Sender = { id: 9_000_000_002, name: 'Babak' };

let lastUpdateId = 1_000_000;

function command(from: Sender, text: string, chatId = from.id): Update {
  lastUpdateId += 1;
  return commandUpdate({ updateId: lastUpdateId, from, text, chatId });
}

function press(from: Sender, data: string): Update {
  lastUpdateId += 1;
  return pressUpdate({ updateId: lastUpdateId, from, data, chatId: GROUP_ID });
}

type Post = (update: Update) => Promise<{ status: number; body: string }>;

/** Somebody's own bot on a game in SQLite. */
async function openForeign() {
  const game = await gameInSqlite('delete');
  const telegram = await startBotApiDouble();
  const options = { db: game.address, secret: SECRET, token: TOKEN, apiRoot: telegram.url };
  return { game, telegram, bot: await startForeignBot(options) };
}

/** The same with the same game in Postgres, and a bot of the fleet that knows of the foreign one. */
async function openBoth() {
  const { game: source, telegram, bot: foreign } = await openForeign();
  const target = await gameInPostgres({});
  const sides = { sqlite: source.openDatabase(), postgres: target.openDatabase() };
  await fenceGame(source.address);
  const options: BotOptions = {
    server: 'fleet-1',
    telegram: { token: TOKEN, apiRoot: telegram.url, username: 'cardbot' },
    zone: 'Asia/Tehran',
    updates: { from: 'webhook', host: '127.0.0.1', port: 0, path: PATH, secretToken: SECRET },
    admin: { host: '127.0.0.1', port: 0 },
    peers: [{ kind: 'foreign', url: foreign.url, secretToken: SECRET }],
    pictures: {},
    holdMs: 500,
    drain: { lingerMs: 0 },
  };
  const log = createLog({ base: {}, secrets: [], level: 'silent' });
  const cache = memoryCache();
  // Closed with the game.
  const store: Store = { ...target.open(), close: async () => undefined };
  const fleet = await startBot(options, { store, cache, clock: systemClock, log });
  atEnd(() => fleet.stop(AbortSignal.abort()));
  const postFleet: Post = (update) =>
    send(`${fleet.address}${PATH}`, 'POST', {
      body: JSON.stringify(update),
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': SECRET },
    });
  return {
    source,
    target,
    telegram,
    foreign,
    postFleet,
    authority: (store: 'sqlite' | 'postgres') => setAuthority(sides, store),
  };
}

/** Two of the players whom both databases have. */
async function knownPlayers({ query }: GameInDatabase): Promise<[Sender, Sender]> {
  const rows = await query('SELECT user_id FROM players ORDER BY user_id LIMIT 2');
  return rows.map(({ user_id }) => ({ id: Number(user_id), name: 'Known' })) as [Sender, Sender];
}

/** All that the two players have and did. */
async function recordOf({ query }: GameInDatabase) {
  const [cards, fights, history, players] = await Promise.all([
    query(`SELECT user_id, usage_count FROM player_cards WHERE user_id > 9000000000 ORDER BY id`),
    query(`SELECT opponent_id, status FROM active_fights WHERE challenger_id > 9000000000`),
    query(`SELECT user_id, stat_used, opponent_user_id, fight_type FROM fight_history
            WHERE user_id > 9000000000 ORDER BY user_id`),
    query(`SELECT user_id FROM players WHERE user_id > 9000000000 ORDER BY user_id`),
  ]);
  return { cards, fights, history, players: players.map(({ user_id }) => user_id) };
}

const FOUGHT = {
  cards: [
    { user_id: 9_000_000_001n, usage_count: 1n },
    { user_id: 9_000_000_002n, usage_count: 1n },
  ],
  fights: [{ opponent_id: 9_000_000_002n, status: 'finished' }],
  history: [
    {
      user_id: 9_000_000_001n,
      stat_used: 'power',
      opponent_user_id: 9_000_000_002n,
      fight_type: 'pvp',
    },
    {
      user_id: 9_000_000_002n,
      stat_used: 'iq',
      opponent_user_id: 9_000_000_001n,
      fight_type: 'pvp',
    },
  ],
  players: [9_000_000_001n, 9_000_000_002n],
};

/** The moves of a fight, each found in what the bot has shown by then. */
async function fightIdOf({ query }: GameInDatabase): Promise<string> {
  const [fight] = await query(
    'SELECT fight_id FROM active_fights WHERE challenger_id > 9000000000',
  );
  return String(fight?.fight_id);
}

async function pickData({ query }: GameInDatabase, fightId: string, { id }: Sender) {
  const [card] = await query(`SELECT id FROM player_cards WHERE user_id = ${id}`);
  return `pick:${fightId}:${card?.id}`;
}

async function begin(post: Post): Promise<void> {
  for (const player of [NEGAR, BABAK])
    expect((await post(command(player, '/claim'))).status).toBe(200);
  expect((await post(command(NEGAR, '/fight', GROUP_ID))).status).toBe(200);
}

async function fightOn(post: Post, game: GameInDatabase): Promise<void> {
  const fightId = await fightIdOf(game);
  for (const update of [
    press(BABAK, `accept:${fightId}`),
    press(NEGAR, await pickData(game, fightId, NEGAR)),
    press(BABAK, await pickData(game, fightId, BABAK)),
    press(NEGAR, `stat:${fightId}:power`),
    press(BABAK, `stat:${fightId}:iq`),
  ]) {
    expect((await post(update)).status).toBe(200);
  }
}

function alertsOf({ calls }: BotApiDouble) {
  return calls.filter(({ payload }) => payload.show_alert === true);
}

describe('somebody’s own bot by itself', () => {
  test('plays a whole game of two new players', async () => {
    const { game, telegram, bot } = await openForeign();
    await begin(bot.post);
    await fightOn(bot.post, game);
    expect(await recordOf(game)).toEqual(FOUGHT);
    expect(alertsOf(telegram)).toEqual([]);
    const { body } = await bot.post(command(NEGAR, '/profile'));
    expect(JSON.parse(body)).toMatchObject({
      method: 'sendMessage',
      chat_id: NEGAR.id,
      text: expect.stringContaining('1 games'),
    });
  });

  test('answers a press with buttons that lead on, and a refusal with an alert', async () => {
    const { game, bot } = await openForeign();
    await begin(bot.post);
    const fightId = await fightIdOf(game);
    const own = await bot.post(press(NEGAR, `accept:${fightId}`));
    expect(JSON.parse(own.body)).toMatchObject({
      method: 'answerCallbackQuery',
      show_alert: true,
      text: 'It is your own challenge',
    });
    const { body } = await bot.post(press(BABAK, `accept:${fightId}`));
    const again = await bot.post(command(BABAK, '/claim'));
    expect(JSON.parse(again.body)).toMatchObject({
      method: 'sendMessage',
      text: expect.stringMatching(/^The next card is due at /),
    });
    const [[button]] = JSON.parse(body).reply_markup.inline_keyboard;
    expect(button.callback_data).toBe(await pickData(game, fightId, BABAK));
  });

  test('shows cards in pages and who is best', async () => {
    const { bot } = await openForeign();
    await bot.post(command(NEGAR, '/claim'));
    const cards = JSON.parse((await bot.post(command(NEGAR, '/cards'))).body);
    expect(cards.text).toMatch(/^Cards, page 1 of 1\n- .+ \((normal|epic|legend)\)$/);
    const best = JSON.parse((await bot.post(command(NEGAR, '/leaderboard'))).body);
    expect(best.text).toMatch(/^The best \(all\)\n1\. /);
    const week = JSON.parse((await bot.post(press(NEGAR, 'top:week'))).body);
    expect(week.text).toMatch(/^The best \(week\)/);
  });

  test('takes updates from Telegram alone', async () => {
    const { bot, game } = await openForeign();
    const body = JSON.stringify(command(NEGAR, '/claim'));
    const headers = { 'x-telegram-bot-api-secret-token': 'wrong' };
    expect((await send(bot.url, 'POST', { body, headers })).status).toBe(401);
    expect((await send(`${bot.url}x`, 'POST', { body })).status).toBe(404);
    expect((await recordOf(game)).players).toEqual([]);
  });

  test('does a challenge twice that is delivered twice, and nothing else', async () => {
    const { game, bot } = await openForeign();
    const twice: Post = async (update) => {
      expect((await bot.post(update)).status).toBe(200);
      return bot.post(update);
    };
    await twice(command(NEGAR, '/claim'));
    await twice(command(BABAK, '/claim'));
    await twice(command(NEGAR, '/fight', GROUP_ID));
    await fightOn(twice, game);
    const { fights, ...rest } = await recordOf(game);
    const { fights: _one, ...once } = FOUGHT;
    expect(rest).toEqual(once);
    expect(fights.map(({ status }) => status).sort()).toEqual(['finished', 'waiting_opponent']);
  });
});

describe('while SQLite is the authority', () => {
  test('the fleet hands writes to the foreign bot, and each is done once, there', async () => {
    const { source, target, postFleet, authority } = await openBoth();
    await authority('sqlite');
    await begin(postFleet);
    await fightOn(postFleet, source);
    expect(await recordOf(source)).toEqual(FOUGHT);
    expect(await recordOf(target)).toEqual({ cards: [], fights: [], history: [], players: [] });
    expect(await target.query('SELECT update_id FROM cardbot_update')).toEqual([]);
  });

  test('the answer of the foreign bot comes back through the fleet', async () => {
    const { postFleet, authority } = await openBoth();
    await authority('sqlite');
    const { body } = await postFleet(command(NEGAR, '/claim'));
    expect(JSON.parse(body)).toMatchObject({
      method: 'sendMessage',
      text: expect.stringMatching(/^Negar got /),
    });
  });

  test('who has just written there reads there, and others in the fleet', async () => {
    const { source, postFleet, authority } = await openBoth();
    await authority('sqlite');
    const [one, other] = await knownPlayers(source);
    await postFleet(command(one, '/claim'));
    const textOf = async (player: Sender) =>
      JSON.parse((await postFleet(command(player, '/profile'))).body).text;
    expect(await textOf(one)).toMatch(/^Known: \d+ points/);
    expect(await textOf(other)).not.toMatch(/^Known: \d+ points/);
  });
});

describe('while Postgres is the authority', () => {
  test('an update that comes to the foreign bot fails there, and is done by the fleet', async () => {
    const { source, target, foreign, postFleet, authority } = await openBoth();
    await authority('postgres');
    const before = await recordOf(source);
    const claim = command(NEGAR, '/claim');
    expect((await foreign.post(claim)).status).toBe(500);
    expect(foreign.process.stderr).toMatch(/IntegrityError: cardctl: this database is a copy/);
    expect(await recordOf(source)).toEqual(before);
    // Telegram delivers it again: here twice, since an answer may be lost.
    expect((await postFleet(claim)).status).toBe(200);
    expect((await postFleet(claim)).status).toBe(200);
    expect((await foreign.post(claim)).status).toBe(500);
    expect((await recordOf(target)).cards).toEqual([{ user_id: 9_000_000_001n, usage_count: 0n }]);
    expect(await target.query('SELECT update_id FROM cardbot_update')).toEqual([
      { update_id: BigInt(claim.update_id) },
    ]);
  });

  test('the foreign bot answers what only reads as before', async () => {
    const { source, foreign, authority } = await openBoth();
    const [known] = await knownPlayers(source);
    const reads = ['/start', '/help', '/profile', '/cards', '/leaderboard'];
    const answers = async () => {
      const said = [];
      for (const text of reads) said.push(await foreign.post(command(known, text)));
      return said;
    };
    await authority('sqlite');
    const before = await answers();
    await authority('postgres');
    expect(await answers()).toEqual(before);
    expect(before.map(({ status }) => status)).toEqual(reads.map(() => 200));
  });

  test('a fight that was begun at the foreign bot goes on in the fleet', async () => {
    const { source, target, foreign, postFleet, authority } = await openBoth();
    await authority('sqlite');
    await begin(foreign.post);
    await copyRows(source, target, ['players', 'player_cards', 'active_fights']);
    await authority('postgres');
    await fightOn(postFleet, source);
    expect(await recordOf(target)).toEqual(FOUGHT);
    expect((await recordOf(source)).history).toEqual([]);
  });
});

test('a fence that rises between two statements leaves nothing half done', async () => {
  const { game, bot } = await openForeign();
  await begin(bot.post);
  const fightId = await fightIdOf(game);
  const moves = [
    press(BABAK, `accept:${fightId}`),
    press(NEGAR, await pickData(game, fightId, NEGAR)),
    press(BABAK, await pickData(game, fightId, BABAK)),
    press(NEGAR, `stat:${fightId}:power`),
  ];
  for (const move of moves) await bot.post(move);
  const before = [await recordOf(game), await game.query('SELECT * FROM players')];
  // The decision writes players first, and then the history.
  await game.query(`CREATE TRIGGER fence BEFORE INSERT ON fight_history
    BEGIN SELECT RAISE(ABORT, 'not the authority'); END`);
  const last = press(BABAK, `stat:${fightId}:iq`);
  expect((await bot.post(last)).status).toBe(500);
  expect([await recordOf(game), await game.query('SELECT * FROM players')]).toEqual(before);
  await game.query('DROP TRIGGER fence');
  expect((await bot.post(last)).status).toBe(200);
  expect(await recordOf(game)).toEqual(FOUGHT);
});

/** What follow would have done: the rows of the two players are in the target as well. */
async function copyRows(source: GameInDatabase, target: GameInDatabase, tables: string[]) {
  const owner = { players: 'user_id', player_cards: 'user_id', active_fights: 'challenger_id' };
  for (const table of tables) {
    const column = owner[table as keyof typeof owner];
    const rows = await source.query(`SELECT * FROM ${table} WHERE ${column} > 9000000000`);
    for (const row of rows) {
      const values = Object.values(row).map((value) =>
        value === null ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`,
      );
      const names = Object.keys(row).join(', ');
      await target.query(`INSERT INTO ${table} (${names}) VALUES (${values.join(', ')})`);
    }
  }
}
