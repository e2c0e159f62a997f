import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRuns } from '../../../journal/runs.js';
import { makeDirectory } from '../../../lib/make-directory.js';
import { timelineOf } from '../../../steps/cutover/timeline.js';
import { timelineText } from '../../../steps/cutover/timeline-text.js';

/** Where the timeline of a run is, as Markdown. */
export function timelinePath(workDir: string, run: string): string {
  return join(workDir, 'timelines', `${run}.md`);
}

/** Writes the timeline of a cutover's run that has ended, as Markdown and JSON. */
export function writeTimeline(workDir: string, run: string): void {
  const timeline = timelineOf(readRuns(workDir).runs, run);
  if (timeline === null) return;
  makeDirectory(join(workDir, 'timelines'));
  const path = timelinePath(workDir, run);
  writeFileSync(path, timelineText(timeline), { mode: 0o600 });
  const json = `${JSON.stringify(timeline, null, 2)}\n`;
  writeFileSync(path.replace(/\.md$/, '.json'), json, { mode: 0o600 });
}
