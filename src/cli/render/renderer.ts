import type { Report } from '../../lib/report.js';

/** Shows the events of a run, in one of the ways below this folder. */
export interface Renderer {
  report: Report;
  /** Leaves the terminal as it should be; what comes later starts anew. */
  close(): Promise<void>;
}
