// Preloaded into a process under test: from SIGUSR2 on it keeps more and more, until the limit of its heap ends it.
const kept = [];
process.on("SIGUSR2", () => {
  setInterval(() => {
    for (let i = 0; i < 20; i++) kept.push(Array.from({ length: 100_000 }, Math.random));
  }, 5);
});
