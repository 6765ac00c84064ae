// What the linter judges. Layout is the formatter's; arrows between rooms are architecture.cjs's.
import jsdoc from "eslint-plugin-jsdoc";
import tseslint from "typescript-eslint";

/** Fields of time say their unit; `except` are names that are no time. */
const fieldsSayTheirUnit = (except) => [
  "error",
  ...["TSPropertySignature", "PropertyDefinition"].map((kind) => ({
    selector: `${kind}[key.name=/(interval|timeout|delay|deadline|period|duration|expiry|latency|jitter|offset|ttl)$/i]${except}`,
    message: "Say the unit: intervalMs, offsetUs, ttlS.",
  })),
];

const world = ["agent/io/**", "devices/linux/**", "deploy/**", "agent/main.ts"];

export default tseslint.config(
  { ignores: ["dist/**", "**/generated/**", "**/*.js", "**/*.cjs", "**/*.mjs", "node_modules/**"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: new URL("../..", import.meta.url).pathname,
      },
    },
    plugins: { jsdoc },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreUsingDeclarations: true }],
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "max-lines-per-function": ["error", { max: 70, skipComments: true }],
      "max-lines": ["warn", 400],
      "max-params": ["error", 4],
      "no-restricted-globals": [
        "error",
        ...[
          "Date",
          "performance",
          "setTimeout",
          "setInterval",
          "setImmediate",
          "fetch",
          "crypto",
          "process",
          "console",
        ],
      ],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Take a Random." },
      ],
      "no-restricted-syntax": fieldsSayTheirUnit(""),
      "jsdoc/require-jsdoc": [
        "error",
        {
          publicOnly: true,
          require: { ClassDeclaration: true, FunctionDeclaration: true },
          contexts: [
            "TSInterfaceDeclaration",
            "TSTypeAliasDeclaration",
            "ExportNamedDeclaration > VariableDeclaration",
          ],
        },
      ],
    },
  },
  { files: world, rules: { "no-restricted-globals": "off" } },
  {
    // In a market an interval is the number of a slice of the day: no span of time, and without a unit.
    files: ["actors/**", "deploy/microgrid/**"],
    rules: {
      "no-restricted-syntax": fieldsSayTheirUnit(
        ":not([key.name=/^(interval|(first|last|next|end|from)Interval|.*WhPerInterval)$/])",
      ),
    },
  },
  { files: ["agent/sim/**"], rules: { "no-restricted-globals": "off" } },
  {
    files: ["**/*.test.ts", "**/*.contract.ts", "**/*.fixture.ts"],
    rules: {
      "no-restricted-globals": "off",
      "no-restricted-properties": "off",
      "max-lines-per-function": "off",
      "max-lines": "off",
      "jsdoc/require-jsdoc": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
);
