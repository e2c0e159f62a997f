import { quoted } from './shell.js';

/** Flags that say where things are: a command that is advised needs them as the failed one did. */
const PLACE_FLAGS = ['--config', '--work-dir', '--source', '--target'];

const ADVISED =
  /cardctl (?:migrate|verify|assess|backup|status|cutover|rollback)(?: --?[\w-]+(?: [\w./]+)?)*/g;

/** Adds to each command in a hint the place flags of the command line that failed. */
export function carryFlags(hint: string, args: readonly string[]): string {
  const carried = placeFlags(args);
  if (carried.length === 0) return hint;
  const places = carried.map(quoted).join(' ');
  // Help is the same everywhere.
  return hint.replaceAll(ADVISED, (command) =>
    command.endsWith(' --help') ? command : `${command} ${places}`,
  );
}

function placeFlags(args: readonly string[]): string[] {
  return PLACE_FLAGS.flatMap((flag) => {
    const value = wordBehind(flag, args);
    if (value === undefined) return [];
    // What is printed masks a password, and a masked URL is of no use.
    return flag === '--target' && /:[^/@]+@/.test(value) ? [flag, 'URL'] : [flag, value];
  });
}

function wordBehind(flag: string, args: readonly string[]): string | undefined {
  const at = args.indexOf(flag);
  if (at >= 0) return args[at + 1];
  return args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
}
