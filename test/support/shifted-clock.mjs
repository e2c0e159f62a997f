/** Loaded before a program by --import: its wall clock is ahead of the machine's by CLOCK_AHEAD_MS. */
const aheadMs = Number(process.env.CLOCK_AHEAD_MS);
const Machine = Date;

class Shifted extends Machine {
  constructor(...parts) {
    super(...(parts.length === 0 ? [Shifted.now()] : parts));
  }

  static now() {
    return Machine.now() + aheadMs;
  }
}

globalThis.Date = Shifted;
