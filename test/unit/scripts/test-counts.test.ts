import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countsLine, countsLineOf, type TestReport } from '../../../scripts/test-counts.js';
import { tempDir } from '../../support/temp-dir.js';

const report: TestReport = {
  numPassedTests: 12,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: 'passed', assertionResults: [{}] }],
};

describe('the line that counts the tests', () => {
  it('names what passed and what failed', () => {
    expect(countsLine(report)).toBe('12 passed, 0 failed');
    expect(countsLine({ ...report, numFailedTests: 2 })).toBe('12 passed, 2 failed');
  });

  it('names skipped tests, and tests still to be written, when there are any', () => {
    expect(countsLine({ ...report, numPendingTests: 2, numTodoTests: 1 })).toBe(
      '12 passed, 0 failed, 3 skipped',
    );
  });

  it('counts a file that failed before its first test as one failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(countsLine({ ...report, testResults })).toBe('12 passed, 1 failed');
  });

  it('does not count the failed tests of a file twice', () => {
    const testResults = [{ status: 'failed', assertionResults: [{}] }];
    expect(countsLine({ ...report, numFailedTests: 1, testResults })).toBe('12 passed, 1 failed');
  });
});

describe('a report file', () => {
  it('is read', async () => {
    const path = join(await tempDir(), 'report.json');
    await writeFile(path, JSON.stringify(report));
    expect(countsLineOf(path)).toBe('12 passed, 0 failed');
  });

  it('that is missing or broken is a failure', async () => {
    const path = join(await tempDir(), 'report.json');
    expect(countsLineOf(path)).toBe('0 passed, 1 failed');
    await writeFile(path, '{');
    expect(countsLineOf(path)).toBe('0 passed, 1 failed');
  });
});
