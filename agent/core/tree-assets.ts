import type { Assets } from "./assets.ts";
import { AgentError } from "./errors.ts";
import { isTreePath, type Tree } from "./tree.ts";

/** The files below `folder` of a tree, as an application reads those that it carries. */
export function treeAssets(tree: Tree, folder: string): Assets {
  return {
    async text(path) {
      const clean = path.replace(/^(\.\/)+/, "");
      const bytes = isTreePath(clean) ? await tree.read(`${folder}/${clean}`) : undefined;
      if (bytes === undefined) throw new AgentError("ASSET_MISSING", { path });
      return new TextDecoder().decode(bytes);
    },
  };
}
