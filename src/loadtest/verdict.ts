/** Limits of a load test. What is left out is not judged. */
export interface Thresholds {
  p99MsMax?: number;
  /** Failed attempts. */
  errorsMax?: number;
  /** Updates acknowledged more than 5 s after their intended start. */
  lateMax?: number;
  /** Updates not acknowledged when the run ended, those given up included. */
  unfinishedMax?: number;
  duplicateRepliesMax?: number;
  callbackAnswersLateMax?: number;
  cacheHitRateMin?: number;
}

export interface LoadVerdict {
  pass: boolean;
  /** One sentence for each limit that is not kept, with its numbers. */
  reasons: string[];
}

/** What is judged, in the units of the thresholds. */
export interface Judged {
  acknowledged: number;
  p99Ms: number;
  errors: number;
  late: number;
  unfinished: number;
  duplicateReplies: number;
  callbackAnswersLate: number;
  /** Null when it was not measured. */
  cacheHitRate: number | null;
}

/** A run that shows nothing does not pass: without acknowledgements there is nothing to judge. */
export function judge(judged: Judged, limits: Thresholds): LoadVerdict {
  const reasons = [
    judged.acknowledged === 0 ? 'no update was acknowledged' : undefined,
    above('p99', judged.p99Ms, limits.p99MsMax, ' ms'),
    above('failed attempts', judged.errors, limits.errorsMax),
    above('late updates', judged.late, limits.lateMax),
    above('unfinished updates', judged.unfinished, limits.unfinishedMax),
    above('duplicate replies', judged.duplicateReplies, limits.duplicateRepliesMax),
    above('late callback answers', judged.callbackAnswersLate, limits.callbackAnswersLateMax),
    belowHitRate(judged.cacheHitRate, limits.cacheHitRateMin),
  ].filter((reason) => reason !== undefined);
  return { pass: reasons.length === 0, reasons };
}

function above(what: string, value: number, max: number | undefined, unit = '') {
  return max === undefined || value <= max ? undefined : `${what} ${value}${unit} > ${max}${unit}`;
}

function belowHitRate(value: number | null, min: number | undefined) {
  if (min === undefined) return undefined;
  if (value === null) return 'the cache hit rate was not measured';
  return value >= min ? undefined : `cache hit rate ${value} < ${min}`;
}
