/**
 * Attempts that met a connection that was being closed: a worker of Nginx that goes closes those that
 * are idle. Nobody has read what was sent into one, and it is sent again at once.
 */
export function resentIn(errorsByKind: Readonly<Record<string, number>>): number {
  return Object.entries(errorsByKind)
    .filter(([kind]) => kind.startsWith('connection '))
    .reduce((sum, [, count]) => sum + count, 0);
}
