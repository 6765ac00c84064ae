// How `npm test` runs the compiled tests. A file given by hand replaces nothing: use `npx mocha <file>` then.
module.exports = {
  spec: ["dist/**/*.test.js"],
  reporter: "deploy/ci/reporter.cjs",
  // Compiled code runs; traces name the lines of the sources.
  "node-option": ["enable-source-maps"],
  // Ends a test that hangs. Nothing is measured by it: tests that need more say so themselves.
  timeout: 30_000,
  // A test that says `.only` has lost its companions.
  "forbid-only": true,
  "fail-zero": true,
  sort: true,
  color: false,
};
