// mocha's listing, then what was skipped and why, then one last line for machines:
// `N passed, N failed`, or `N passed, N failed, N skipped`.
const { reporters } = require("mocha");

/** The reason of a skipped test: what stands in its title after "needs", or that nobody gave one. */
function reasonOf(test) {
  const title = test.fullTitle();
  return test.skipReason ?? /\((needs [^)]*)\)/.exec(title)?.[1] ?? "no reason given";
}

/** A run whose sockets and timers are all closed ends by itself, well within this time. */
const LEFT_OPEN_MS = 10_000;

/** Spec, with a closing line, also when the run is ended from outside or does not end. */
module.exports = class ClosingLine extends reporters.Spec {
  #skipped = [];
  #current = "before the first test";

  constructor(runner, options) {
    super(runner, options);
    runner.on("test", (test) => {
      this.#current = test.fullTitle();
    });
    runner.on("pending", (test) => this.#skipped.push(test));
    runner.once("end", () => this.#awaitClosing());
    process.once("exit", () => this.#close());
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"])
      process.once(signal, () => this.#fail(`ended by ${signal} at: ${this.#current}`));
  }

  #awaitClosing() {
    const timer = setTimeout(() => {
      const open = [...new Set(process.getActiveResourcesInfo())].join(", ");
      this.#fail(`something was left open by a test: ${open}`);
    }, LEFT_OPEN_MS);
    timer.unref();
  }

  #fail(reason) {
    console.log(`\n${reason}`);
    this.stats.failures += 1;
    // mocha sets the status once more while the process ends: this comes after it.
    process.once("exit", () => {
      process.exitCode = 1;
    });
    process.exit(1);
  }

  #close() {
    const { passes, failures } = this.stats;
    for (const test of this.#skipped)
      console.log(`skipped: ${test.fullTitle()}: ${reasonOf(test)}`);
    const skipped = this.#skipped.length === 0 ? "" : `, ${this.#skipped.length} skipped`;
    console.log(`${passes} passed, ${failures} failed${skipped}`);
  }
};
