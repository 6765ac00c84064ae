import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { isRole, ROLES, readTrust, type Trust } from "../../agent/bundle/trust.ts";
import { hexOf } from "../../agent/core/hex.ts";
import { BoardIdentity } from "../../agent/io/board-identity.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { readWords, textOf } from "./words.ts";

/** `hedgerow key`: makes keys, and says whom boards obey. */
export const keyCommand: Command = {
  summary: "make a key, and let a trust file name it",
  help: `hedgerow key FILE [--trust FILE --role ROLE [--name NAME]]

Makes an Ed25519 key in FILE if there is none, readable by you alone, and prints its public half. With
--trust the public half goes into a trust file, which is made if there is none. Boards obey whom their
trust file names (hedgerow node --trust FILE); it holds no secret and may be copied to all of them.

  --trust FILE   the trust file
  --role ROLE    viewer: looks. operator: also signs bundles, deploys, rolls back, stops and removes.
                 admin: also allows older versions (deploy --allow-downgrade)
  --name NAME    whose key it is, for people; default: the name of FILE
  --json         key, role and name as JSON

Exit status: 0 done, 1 a file cannot be read or written, 2 wrong usage.`,
  async run(words, { out }) {
    const string = { type: "string" } as const;
    const { values, positionals } = readWords(words, {
      ...{ trust: string, role: string, name: string, json: { type: "boolean" } },
    });
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0)
      throw new UsageError("key takes the file of the key, such as ~/.config/hedgerow/me.key");
    const role = textOf(values, "role");
    const trustPath = textOf(values, "trust");
    if ((role === undefined) !== (trustPath === undefined))
      throw new UsageError("--trust and --role go together");
    if (role !== undefined && !isRole(role))
      throw new UsageError(`--role takes ${ROLES.join(", ")}, not ${role}`);
    const key = hexOf(new BoardIdentity(path).publicKey);
    const name = textOf(values, "name") ?? path.split("/").at(-1) ?? path;
    if (trustPath !== undefined && role !== undefined) {
      const { keys } = await trustOf(trustPath);
      const others = keys.filter((each) => each.key !== key);
      const trust: Trust = { format: 1, keys: [...others, { key, role, name }] };
      await writeFile(trustPath, `${JSON.stringify(trust, undefined, 2)}\n`);
    }
    if (values["json"] === true) out.write(`${JSON.stringify({ key, role, name })}\n`);
    else {
      out.write(`${key}\n`);
      if (trustPath !== undefined) out.write(`${name} is ${role ?? ""} in ${trustPath}\n`);
    }
    return EXIT.ok;
  },
};

async function trustOf(path: string): Promise<Trust> {
  if (!existsSync(path)) return { format: 1, keys: [] };
  return readTrust(await readFile(path, "utf8"));
}
