import { fileOf, typePrefixOf } from "./names-rule.ts";

/** Versions of what a project needs, from hedgerow's own package.json. */
export interface Versions {
  /** As npm takes it: a range of versions, or the folder of a clone. */
  readonly hedgerow: string;
  readonly node: string;
  readonly packages: Readonly<Record<string, string>>;
}

/** Packages that a project needs beside hedgerow, to be compiled and tested. */
export const PROJECT_PACKAGES = ["@types/mocha", "@types/node", "mocha", "typescript"] as const;

/** The examples that a project can begin as: their applications, and what each is. */
export const EXAMPLES: Readonly<Record<string, { readonly app: string; readonly about: string }>> =
  {
    hello: { app: "Hello", about: "a thermometer on one board, a display on another" },
  };

/** Names that would hide a package or a folder that the project has. */
const TAKEN = new Set(["hedgerow", "node-modules", "generated", "dist", "test"]);

/** Why `name` is no name of a project; undefined when it is one. */
export function nameFault(name: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 64)
    return "a name has small letters, digits and single hyphens, begins with a letter, and has at most 64 characters, such as room-climate";
  return TAKEN.has(name) ? `${name} is the name of something else: choose another` : undefined;
}

/** The application's name in its model: "room-climate" is RoomClimate. */
export function appNameOf(name: string): string {
  return name.split("-").map(typePrefixOf).join("");
}

/** An example's file as a file of the project `name`: its path and its text. */
export function renamed(
  path: string,
  text: string,
  { example, name }: { readonly example: string; readonly name: string },
): readonly [path: string, text: string] {
  const own = EXAMPLES[example]?.app ?? "";
  const [from, to] = [fileOf(own), name];
  return [
    path.replace(new RegExp(`^${from}\\.`), () => `${to}.`),
    text
      .replaceAll(new RegExp(`\\b${own}(?=\\b|Application\\b)`, "g"), () => appNameOf(name))
      .replaceAll(`"${from}"`, () => `"${to}"`),
  ];
}

/** The files around the code: package.json, tsconfig.json, README.md, .gitignore. */
export function projectFiles(name: string, versions: Versions): ReadonlyMap<string, string> {
  return new Map([
    ["package.json", packageText(name, versions)],
    ["tsconfig.json", json(TSCONFIG)],
    [".gitignore", "node_modules/\ndist/\n"],
    ["README.md", readmeText(name)],
  ]);
}

function packageText(name: string, { hedgerow, node, packages }: Versions): string {
  return json({
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    engines: { node },
    scripts: {
      gen: `hedgerow gen ${name}.riaps`,
      check: `hedgerow check ${name}.riaps ${name}.depl && hedgerow gen ${name}.riaps --check`,
      build: "npm run --silent check && tsc",
      test: 'npm run --silent build && mocha "dist/**/*.test.js"',
    },
    dependencies: { hedgerow },
    devDependencies: packages,
  });
}

const TSCONFIG = {
  compilerOptions: {
    target: "es2023",
    lib: ["es2023", "esnext.disposable"],
    types: ["node", "mocha"],
    module: "nodenext",
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noImplicitReturns: true,
    skipLibCheck: true,
    sourceMap: true,
    rootDir: ".",
    outDir: "dist",
    incremental: true,
    tsBuildInfoFile: "dist/.tsbuildinfo",
  },
  include: ["*.ts", "generated"],
};

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** What a reader of the project's README is told of its files. */
function fileTable(name: string): string {
  const rows = [
    ["file", "what it is"],
    [`\`${name}.riaps\``, "the model: messages, components with their ports, actors"],
    [`\`${name}.depl\``, "the deployment: which actor runs on which board"],
    ["`generated/`", "typed code of the model; `npm run gen` writes it, nobody else"],
    [
      "`sensor.ts`, `display.ts`",
      "your components: where they do not fit the model, `tsc` says so",
    ],
    ["`application.ts`", "which code is which component of the model"],
    ["`application.test.ts`", "tests: the whole application, and each component alone"],
  ] as const;
  const [first, second] = [0, 1].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map(
    ([file, what]) => `| ${file.padEnd(first ?? 0)} | ${what.padEnd(second ?? 0)} |`,
  );
  return [
    lines[0],
    `| ${"-".repeat(first ?? 0)} | ${"-".repeat(second ?? 0)} |`,
    ...lines.slice(1),
  ].join("\n");
}

function readmeText(name: string): string {
  return `# ${name}

An application of Hedgerow.

\`\`\`sh
npm test       # checks the model, compiles, runs the tests in the simulator
npm run gen    # after a change of ${name}.riaps
\`\`\`

Run it: every board in one process on virtual time, or as processes of this machine:

\`\`\`sh
npx hedgerow run ${name}.riaps ${name}.depl --code dist/application.js --sim
npx hedgerow run ${name}.riaps ${name}.depl --code dist/application.js
\`\`\`

${fileTable(name)}
`;
}
