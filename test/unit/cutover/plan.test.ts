import { describe, expect, it } from 'vitest';
import { planCutover } from '../../../src/steps/cutover/plan.js';

const OURS = {
  name: 'legacy-1',
  stack: 'legacy' as const,
  address: '10.0.1.9:8443',
  adminUrl: 'http://10.0.1.9:9443',
};
const { adminUrl: _none, ...FOREIGN } = OURS;
const FLEET = { ...OURS, name: 'fleet-1', stack: 'fleet' as const, address: '10.0.1.10:8443' };

const WANTED = { steps: [10, 50, 100], promoteAfter: 50, isPromoteAfterGiven: false };

describe('the plan of a cutover', () => {
  it('is what was asked for', () => {
    expect(planCutover(WANTED, [OURS, FLEET])).toEqual({ steps: [10, 50, 100], promoteAfter: 50 });
  });

  it('promotes at 100% when the legacy bot is somebody’s own', () => {
    expect(planCutover(WANTED, [FOREIGN, FLEET])).toEqual({
      steps: [10, 50, 100],
      promoteAfter: 100,
    });
  });

  it('does not promote before that when asked to', () => {
    const given = { ...WANTED, isPromoteAfterGiven: true };
    expect(() => planCutover(given, [FOREIGN, FLEET])).toThrow('legacy-1 is no cardbot');
    expect(planCutover(given, [OURS, FLEET]).promoteAfter).toBe(50);
  });

  it.each([
    [[50, 10, 100], '50,10,100 are no steps'],
    [[10, 50], '10,50 are no steps'],
    [[0, 100], '0,100 are no steps'],
    [[10, 100], '50 is none of the steps: 10, 100'],
  ])('of %j is refused', (steps, message) => {
    expect(() => planCutover({ ...WANTED, steps }, [OURS, FLEET])).toThrow(message);
  });
});
