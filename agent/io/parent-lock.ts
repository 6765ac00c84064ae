import { createHash } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { AgentError } from "../core/errors.ts";

/**
 * Makes this process the only parent of the lasting children in `folder`, until it ends.
 *
 * Listens at a name of the kernel's abstract namespace, which is free again with the process, however
 * that ends. Source: unix(7). @throws AgentError SPAWNER_IN_USE when another process has it.
 */
export async function lockParent(folder: string): Promise<Server> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { dev, ino } = statSync(folder);
  const name = createHash("sha256").update(`${folder}\0${dev}\0${ino}`).digest("hex");
  const server = createServer((stranger) => stranger.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code === "EADDRINUSE")
        reject(new AgentError("SPAWNER_IN_USE", { folder }, { cause }));
      else reject(cause);
    });
    server.listen(`\0hedgerow-parent-${name}`, resolve);
  });
  // It keeps no process from its end.
  return server.unref();
}
