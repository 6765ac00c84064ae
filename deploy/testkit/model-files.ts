import { readFile } from "node:fs/promises";

/** The texts of an application's two files. */
export interface ModelFiles {
  readonly modelText: string;
  readonly deploymentText: string;
}

/**
 * Reads NAME.riaps and NAME.depl from the folder of a test's source.
 * @param testUrl `import.meta.url` of the test, compiled into a folder dist, or run as it is.
 */
export async function readModelFiles(testUrl: string, name: string): Promise<ModelFiles> {
  const folder = new URL(".", testUrl).href.replace(/\/dist\/(?!.*\/dist\/)/, "/");
  const read = (ending: string): Promise<string> =>
    readFile(new URL(`${name}.${ending}`, folder), "utf8");
  const [modelText, deploymentText] = await Promise.all([read("riaps"), read("depl")]);
  return { modelText, deploymentText };
}
