// Preloaded into a process under test: SIGUSR2 moves its wall clock by CLOCK_JUMP_MS, and the next one back, as corrections of a node's clock do. Timers are not moved.
const RealDate = Date;
const real = RealDate.now.bind(RealDate);
let offsetMs = 0;
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
  offsetMs = offsetMs === 0 ? Number(process.env.CLOCK_JUMP_MS) : 0;
});
