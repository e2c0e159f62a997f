import { ftruncateSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Source } from '../../drivers/sqlite.js';
import { readSchema } from '../../schema/read.js';
import type { HeadStart } from '../counted-ahead.js';
import { CountingThread } from '../counting-thread.js';
import { missingValues } from '../missing-values.js';
import { PageFile } from '../page-file.js';
import {
  type Stretch,
  type StretchCount,
  stretchesOf,
  stretchLength,
  unitsOfTables,
} from '../stretch.js';
import { lastPage, queueMemory, StretchQueue } from '../stretch-queue.js';
import type { FilePair } from './passes.js';

/** Below so many pages there is nothing to gain. */
const PAGES_MIN = 8_192;

/**
 * Counts the values of a copy while the copy is being made, in a thread that follows behind: the
 * census then has that much less to do. It reads the copy alone, and only pages that were written
 * already; what is patched later does not count, and is counted again by whoever needs it.
 *
 * Which pages belong to which table is read from the source without a lock, so it is a guess. It
 * is compared with the finished copy before a count is believed: see `CountedAhead`.
 */
export class CountAhead {
  readonly #pageSize: number;
  readonly #stretchLength: number;
  readonly #stretches: readonly Stretch[];
  readonly #counts = new Map<Stretch, StretchCount>();
  readonly #queue: StretchQueue;
  readonly #thread: CountingThread;

  private constructor(
    path: string,
    pageSize: number,
    stretches: readonly Stretch[],
    length: number,
  ) {
    const queue = queueMemory(0);
    this.#pageSize = pageSize;
    this.#stretchLength = length;
    this.#stretches = stretches;
    this.#queue = new StretchQueue(queue, stretches);
    this.#thread = new CountingThread({ path, stretches, queue }, (number, count) =>
      this.#counts.set(stretches[number] as Stretch, count),
    );
  }

  /** @returns null where there is too little to count, no core to do it on, or nothing to go by */
  static begin(source: Source, { sourcePath, targetPath, targetFd }: FilePair): CountAhead | null {
    if (availableParallelism() < 2) return null;
    let file: PageFile | undefined;
    try {
      file = new PageFile(sourcePath);
      if (file.pageCount < PAGES_MIN) return null;
      const schema = readSchema(source.db);
      const units = unitsOfTables(file, schema);
      const total = [...units.values()].reduce((sum, { pages }) => sum + pages.length, 0);
      const length = stretchLength(total);
      const stretches = stretchesOf(schema.tables, units, missingValues(schema), length).sort(
        (a, b) => lastPage(a) - lastPage(b),
      );
      // Whoever opens the copy takes its size for the number of its pages.
      ftruncateSync(targetFd, file.pageCount * file.pageSize);
      return new CountAhead(targetPath, file.pageSize, stretches, length);
    } catch {
      // A commit was under way and the pages did not fit together, or the file is bad. The census
      // reads all of the copy then, and says so if it is.
      return null;
    } finally {
      // Drops this process's locks on the source: there must be none yet.
      file?.close();
    }
  }

  /** Resolves once all of it is counted, or no more of it will be. */
  get ended(): Promise<void> {
    // What the thread could not read, the census reads again.
    return this.#thread.ended.catch(() => undefined);
  }

  /** The copy has the first `bytes` bytes of the source, as they were. */
  copied(bytes: number): void {
    this.#queue.advance(Math.floor(bytes / this.#pageSize));
  }

  /**
   * Ends the thread.
   *
   * @param patched numbers of the pages that were written once more behind `copied`
   */
  async finish(patched: ReadonlySet<number>): Promise<HeadStart> {
    this.#queue.stop();
    await this.ended;
    const holds = (stretch: Stretch, { spills }: StretchCount) =>
      !(spills && patched.size > 0) && !stretch.units.pages.some((page) => patched.has(page));
    return {
      stretchLength: this.#stretchLength,
      counted: this.#stretches.flatMap((stretch) => {
        const count = this.#counts.get(stretch);
        return count !== undefined && holds(stretch, count) ? [{ stretch, count }] : [];
      }),
    };
  }

  /** Ends the thread, whatever it is at. */
  async close(): Promise<void> {
    this.#queue.stop();
    await this.#thread.close();
  }
}
