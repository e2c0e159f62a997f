import { afterAll, onTestFinished } from 'vitest';

type Undo = () => void | Promise<void>;

const undoAtFileEnd: Undo[] = [];

/**
 * Runs `undo` when the present test ends, or, outside a test, when its file does.
 * What was made last is undone first.
 */
export function atEnd(undo: Undo): void {
  try {
    onTestFinished(undo);
  } catch {
    undoAtFileEnd.push(undo);
  }
}

/** Called once by the setup file of every vitest project. */
export function undoAtEndOfFile(): void {
  afterAll(undoAll);
}

/** Undoes what was made outside a test; for programs that are no tests, when they end. */
export async function undoAll(): Promise<void> {
  for (const undo of undoAtFileEnd.splice(0).reverse()) await undo();
}
