import type { JournalMode } from '../../drivers/sqlite.js';
import type { Report } from '../../lib/report.js';
import type { HeadStart } from '../counted-ahead.js';
import type { Inspection, InspectOptions } from './inspect.js';
import type { Sample, SampleOptions } from './sample.js';
import type { Survey, SurveyOptions } from './survey.js';

/** What a child process can be asked to do: options in, result out, all of it plain data. */
export interface Tasks {
  copy: { options: CopyOptions; result: Copy };
  sample: { options: SampleOptions; result: Sample };
  inspect: { options: InspectOptions; result: Inspection };
  survey: { options: SurveyOptions; result: Survey };
}

export interface CopyOptions {
  sourcePath: string;
  /** An empty file, made by the caller. */
  targetPath: string;
  /** Milliseconds. */
  holdMsMax: number;
  acceptHold: boolean;
  /** Milliseconds. */
  lockWaitMsMax: number;
  /** Count what can be counted meanwhile. */
  countAhead: boolean;
}

export interface Copy {
  bytes: number;
  pageSize: number;
  pageCount: number;
  journalMode: JournalMode;
  /** Milliseconds, see `Snapshot`. */
  holdMs: number;
  holdMsEstimate: number;
  lockWaitMs: number;
  /** Null when nothing was counted ahead. */
  headStart: HeadStart | null;
}

export type TaskName = keyof Tasks;

export type TaskRunner<Name extends TaskName> = (
  options: Tasks[Name]['options'],
  report: Report,
) => Promise<Tasks[Name]['result']>;
