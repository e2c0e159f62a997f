import { isDeepStrictEqual } from 'node:util';
import type { Stretch, StretchCount } from './stretch.js';

/** What was counted of a copy before it was finished, and holds for the finished one. */
export interface HeadStart {
  /** Units of a stretch. */
  stretchLength: number;
  counted: { stretch: Stretch; count: StretchCount }[];
}

/** Finds what a head start knows of a stretch. */
export class CountedAhead {
  readonly stretchLength: number;
  readonly #byPlace: ReadonlyMap<string, HeadStart['counted'][number]>;

  constructor({ stretchLength, counted }: HeadStart) {
    this.stretchLength = stretchLength;
    this.#byPlace = new Map(counted.map((each) => [placeOf(each.stretch), each]));
  }

  /** What the stretch holds; undefined when it was not counted, or has other pages or columns now. */
  countOf(stretch: Stretch): StretchCount | undefined {
    const known = this.#byPlace.get(placeOf(stretch));
    return known !== undefined && isDeepStrictEqual(known.stretch, stretch)
      ? known.count
      : undefined;
  }
}

function placeOf({ table, from }: Stretch): string {
  return `${from} ${table}`;
}
