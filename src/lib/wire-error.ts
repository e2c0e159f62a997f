import { CardctlError, type ErrorCode, messageOf } from './errors.js';

/** A CardctlError on its way between processes or threads. */
export interface WireError {
  code: ErrorCode;
  message: string;
  hint: string | undefined;
  details: Record<string, unknown>;
  stack: string | undefined;
}

export function toWire(error: unknown): WireError {
  const stack = error instanceof Error ? error.stack : undefined;
  if (!(error instanceof CardctlError)) {
    return { code: 'internal', message: messageOf(error), hint: undefined, details: {}, stack };
  }
  const { code, message, hint, details } = error;
  return { code, message, hint, details, stack };
}

export function fromWire({ code, message, hint, details, stack }: WireError): CardctlError {
  const error = new CardctlError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    details,
  });
  if (code === 'internal' && stack !== undefined) error.stack = stack;
  return error;
}
