import { WINDOWS, type Window } from './leaderboard.js';
import { isStat, type Stat } from './stat.js';

/** What a button under a message asks for. Pages count from 1. */
export type Button =
  | { kind: 'cards'; ownerId: bigint; page: number }
  | { kind: 'top'; window: Window }
  | { kind: 'accept'; fightId: string }
  | { kind: 'pick'; fightId: string; playerCardId: bigint }
  | { kind: 'picks'; fightId: string; page: number }
  | { kind: 'stat'; fightId: string; stat: Stat };

/** Telegram's limit on callback data. */
const DATA_BYTES_MAX = 64;
const FIGHT_ID_LENGTH_MAX = 40;

/** @throws {RangeError} when it is more than Telegram carries: a fight id that is no UUID. */
export function buttonData(button: Button): string {
  const data = fieldsOf(button).join(':');
  const bytes = Buffer.byteLength(data);
  if (bytes > DATA_BYTES_MAX) throw new RangeError(`callback data of ${bytes} bytes: ${data}`);
  return data;
}

/** What was asked for, or null when it is nothing that `buttonData` writes. */
export function parseButton(data: string): Button | null {
  const fields = data.split(':');
  const [kind = '', first = '', second = ''] = fields;
  if (fields.length !== FIELD_COUNTS.get(kind)) return null;
  switch (kind) {
    case 'cards': {
      const [ownerId, page] = [idOf(first), pageOf(second)];
      return ownerId === null || page === null ? null : { kind, ownerId, page };
    }
    case 'top': {
      const window = WINDOWS.find((each) => each === first);
      return window === undefined ? null : { kind, window };
    }
    default:
      return isFightId(first) ? fightButton(kind, first, second) : null;
  }
}

const FIELD_COUNTS: ReadonlyMap<string, number> = new Map([
  ['cards', 3],
  ['top', 2],
  ['accept', 2],
  ['pick', 3],
  ['picks', 3],
  ['stat', 3],
]);

function fieldsOf(button: Button): (string | bigint | number)[] {
  switch (button.kind) {
    case 'cards':
      return [button.kind, button.ownerId, button.page];
    case 'top':
      return [button.kind, button.window];
    case 'accept':
      return [button.kind, button.fightId];
    case 'pick':
      return [button.kind, button.fightId, button.playerCardId];
    case 'picks':
      return [button.kind, button.fightId, button.page];
    case 'stat':
      return [button.kind, button.fightId, button.stat];
  }
}

function fightButton(kind: string, fightId: string, rest: string): Button | null {
  switch (kind) {
    case 'accept':
      return { kind, fightId };
    case 'pick': {
      const playerCardId = idOf(rest);
      return playerCardId === null ? null : { kind, fightId, playerCardId };
    }
    case 'picks': {
      const page = pageOf(rest);
      return page === null ? null : { kind, fightId, page };
    }
    case 'stat':
      return isStat(rest) ? { kind, fightId, stat: rest } : null;
    default:
      return null;
  }
}

function isFightId(text: string): boolean {
  return text.length > 0 && text.length <= FIGHT_ID_LENGTH_MAX;
}

/** A signed 64-bit integer, written the one way there is. */
function idOf(text: string): bigint | null {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) return null;
  const id = BigInt(text);
  return BigInt.asIntN(64, id) === id ? id : null;
}

function pageOf(text: string): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
