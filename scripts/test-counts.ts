import { readFileSync } from 'node:fs';

/** The part of vitest's JSON report that is counted. */
export interface TestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

/**
 * Reads a report as `N passed, N failed`, with `, N skipped` when there are any. A file that
 * failed before any of its tests could run counts as one failure.
 */
export function countsLine(report: TestReport): string {
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const failed = report.numFailedTests + brokenFiles.length;
  const skipped = report.numPendingTests + report.numTodoTests;
  const counts = `${report.numPassedTests} passed, ${failed} failed`;
  return skipped > 0 ? `${counts}, ${skipped} skipped` : counts;
}

/** Reads the report file; without a readable one, no test has run, and that is a failure. */
export function countsLineOf(path: string): string {
  try {
    return countsLine(JSON.parse(readFileSync(path, 'utf8')) as TestReport);
  } catch {
    return '0 passed, 1 failed';
  }
}
