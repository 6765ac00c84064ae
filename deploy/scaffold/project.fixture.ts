// A folder as an application's developer has it: hedgerow among its packages, and the compiler over its code.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Packages that a developer installs beside hedgerow. */
const PACKAGES = ["typescript", "mocha", "@types"];
/** Declarations of the language and of hedgerow: the same for every program of this process. */
const parsed = new Map<string, ts.SourceFile | undefined>();

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  types: ["node", "mocha"],
  module: ts.ModuleKind.NodeNext,
  rewriteRelativeImportExtensions: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  skipLibCheck: true,
  noEmit: true,
};

/** A project in a temporary folder; removed with it. */
export class Project implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(files: Readonly<Record<string, string>> = {}): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), "hedgerow-project-")));
    await linkPackages(project.folder);
    await project.write("package.json", '{ "type": "module" }\n');
    for (const [path, text] of Object.entries(files)) await project.write(path, text);
    return project;
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  has(path: string): boolean {
    return existsSync(this.path(path));
  }

  read(path: string): Promise<string> {
    return readFile(this.path(path), "utf8");
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), text);
  }

  /** Changes the one place where `from` stands. */
  async edit(path: string, from: string, to: string): Promise<void> {
    const text = await this.read(path);
    if (text.split(from).length !== 2) throw new Error(`${path} has not one \`${from}\`:\n${text}`);
    await this.write(
      path,
      text.replace(from, () => to),
    );
  }

  compile(path = "application.ts"): readonly string[] {
    return compileErrors(this.folder, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What the compiler says of a file and all that it imports, each as `file:line: message`. */
export function compileErrors(folder: string, path: string): readonly string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const read = host.getSourceFile.bind(host);
  host.getCurrentDirectory = () => folder;
  host.getSourceFile = (name, ...rest) => {
    if (!name.endsWith(".d.ts")) return read(name, ...rest);
    if (!parsed.has(name)) parsed.set(name, read(name, ...rest));
    return parsed.get(name);
  };
  const program = ts.createProgram([join(folder, path)], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
    if (diagnostic.file === undefined) return text;
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
    return `${relative(folder, diagnostic.file.fileName)}:${line + 1}: ${text}`;
  });
}

/** As if `npm install` had been run there. */
export async function linkPackages(folder: string): Promise<void> {
  await mkdir(join(folder, "node_modules"));
  await symlink(ROOT, join(folder, "node_modules/hedgerow"));
  for (const name of PACKAGES)
    await symlink(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
}
