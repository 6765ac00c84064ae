import { readFile, realpath } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { Assets } from "../core/assets.ts";
import { AgentError } from "../core/errors.ts";

/** An application's files in `folder`; nothing outside of it can be read, not by a link either. */
export class FileAssets implements Assets {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async text(path: string): Promise<string> {
    try {
      const folder = await realpath(this.#folder);
      const file = await realpath(resolve(folder, path));
      if (!file.startsWith(folder + sep)) throw new AgentError("ASSET_MISSING", { path });
      return await readFile(file, "utf8");
    } catch (error) {
      if (error instanceof AgentError) throw error;
      throw new AgentError("ASSET_MISSING", { path }, { cause: error });
    }
  }
}
