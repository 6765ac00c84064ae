// How the compiled tests run. `npm test` names all of them; one file:
// node_modules/.bin/mocha --config deploy/ci/mocharc.cjs dist/agent/core/x.test.js
module.exports = {
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
