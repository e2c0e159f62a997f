import { describe, expect, test } from 'vitest';
import { createFights } from '../../../src/loadtest/fights.js';
import { shown } from './shown.js';

const GROUP = -1_001;
const [ANN, BOB, CAT] = [1, 2, 3];

/** Ann has challenged. */
function challenged() {
  const fights = createFights();
  const message = shown(GROUP, ['accept:f1']);
  fights.show(message, ANN);
  const edit = (buttons: string[]) =>
    fights.show(shown(GROUP, buttons, { messageId: message.messageId }), undefined);
  const steps = (userId: number) => fights.steps(GROUP, userId).map(({ data }) => data);
  const open = (userId: number, contested = false) =>
    fights.open(GROUP, userId, contested).map(({ data }) => data);
  return { fights, message, edit, steps, open };
}

describe('fights', () => {
  test('a challenge is open to all but the one who made it', () => {
    const { fights, open } = challenged();
    expect([open(ANN), open(BOB), open(CAT)]).toEqual([[], ['accept:f1'], ['accept:f1']]);
    expect([ANN, BOB].map((userId) => fights.isIn(GROUP, userId))).toEqual([true, false]);
    expect(fights.open(-1_002, BOB, false)).toEqual([]);
  });

  test('a challenge that is taken is open to those alone who contest it', () => {
    const { fights, open } = challenged();
    fights.pressed('accept:f1', BOB);
    expect([open(CAT), open(CAT, true), open(BOB, true)]).toEqual([[], ['accept:f1'], []]);
  });

  test('a challenge that could not be taken is open again, until three have failed', () => {
    const { fights, message, open } = challenged();
    for (const expected of [['accept:f1'], ['accept:f1'], []]) {
      fights.pressed('accept:f1', BOB);
      fights.refused({ message, data: 'accept:f1' }, BOB);
      expect(open(CAT)).toEqual(expected);
    }
  });

  test('both sides pick once, then choose a stat once; nobody else does', () => {
    const { fights, edit, steps } = challenged();
    fights.pressed('accept:f1', BOB);
    edit(['pick:f1:10', 'pick:f1:11', 'picks:f1:2']);
    const picks = ['pick:f1:10', 'pick:f1:11', 'picks:f1:2'];
    expect([steps(ANN), steps(BOB), steps(CAT)]).toEqual([picks, picks, []]);
    fights.pressed('pick:f1:10', ANN);
    expect([steps(ANN), steps(BOB)]).toEqual([[], picks]);
    fights.pressed('pick:f1:11', BOB);
    edit(['stat:f1:power', 'stat:f1:iq']);
    fights.pressed('stat:f1:iq', BOB);
    expect([steps(ANN), steps(BOB)]).toEqual([['stat:f1:power', 'stat:f1:iq'], []]);
    edit([]);
    expect([steps(ANN), fights.isIn(GROUP, ANN)]).toEqual([[], false]);
  });

  test('a refused pick is tried again, on another message', () => {
    const { fights, message, edit, steps } = challenged();
    edit(['pick:f1:10']);
    const mine = shown(GROUP, ['pick:f1:20']);
    fights.show(mine, undefined);
    fights.pressed('pick:f1:10', ANN);
    fights.refused({ message, data: 'pick:f1:10' }, ANN);
    expect(steps(ANN)).toEqual(['pick:f1:20']);
  });

  test('buttons in a private chat are for its owner', () => {
    const { fights, edit, steps } = challenged();
    fights.pressed('accept:f1', BOB);
    edit([]);
    fights.show(shown(ANN, ['pick:f1:10']), undefined);
    fights.show(shown(BOB, ['pick:f1:20']), undefined);
    expect([steps(ANN), steps(BOB)]).toEqual([['pick:f1:10'], ['pick:f1:20']]);
  });

  test('who gets nowhere gives up after eight presses', () => {
    const { fights, edit, steps } = challenged();
    edit(['pick:f1:10']);
    for (let press = 0; press < 8; press += 1) {
      expect(steps(ANN)).toEqual(['pick:f1:10']);
      fights.pressed('pick:f1:10', ANN);
      fights.refused({ message: shown(GROUP, []), data: 'pick:f1:10' }, ANN);
    }
    expect(steps(ANN)).toEqual([]);
  });

  test('a group remembers its last twenty', () => {
    const { fights, open } = challenged();
    for (let fight = 2; fight <= 21; fight += 1) {
      fights.show(shown(GROUP, [`accept:f${fight}`]), ANN);
    }
    expect(open(BOB)).toEqual(Array.from({ length: 20 }, (_, index) => `accept:f${index + 2}`));
  });
});
