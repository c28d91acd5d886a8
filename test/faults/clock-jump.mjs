// Preloaded into a process under test: SIGUSR2 moves its wall clock by CLOCK_JUMP_MS, as a correction of the node's clock does. Timers are not moved.
const real = Date.now.bind(Date);
let offsetMs = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(real() + offsetMs);
    else super(...args);
  }
  static now() {
    return real() + offsetMs;
  }
};
process.on("SIGUSR2", () => {
  offsetMs += Number(process.env.CLOCK_JUMP_MS);
});
