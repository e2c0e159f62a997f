/**
 * A player in a process of its own, until SIGTERM. Prints `ready`.
 *
 *     node --import tsx player-process.ts '{"name":"ada","path":"…",…}'
 */
import { type PlayerOptions, play } from './player.js';

const options = JSON.parse(process.argv[2] ?? '') as PlayerOptions;
const ended = new AbortController();
process.on('SIGTERM', () => ended.abort());
process.stdout.write('ready\n');
// Where nobody takes the last operation, it stays unacknowledged: its player cannot tell.
await play(options, ended.signal, ended.signal);
