import { writeFile } from "node:fs/promises";
import { chunksOf } from "../../agent/bundle/manifest.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { keyOf } from "./fleet-words.ts";
import { PACK_HELP, PACK_OPTIONS, packed } from "./pack-words.ts";
import { readWords, textOf } from "./words.ts";

/** `hedgerow pack`: an application as one signed file. */
export const packCommand: Command = {
  summary: "pack an application into one signed file for boards",
  help: `hedgerow pack MODEL DEPLOYMENT --key FILE [options]

Checks the application and puts it into APP-VERSION.hgb: model, deployment, compiled components, data, and
a manifest signed with your key. Boards take it when their trust file names that key as operator or admin.
Code may import "hedgerow", Node's own modules and files of its folder; anything else has to be bundled
into it first. The same input, key and SOURCE_DATE_EPOCH give the same bytes.

  --key FILE            signs; see hedgerow key
${PACK_HELP}
  --out FILE            default APP-VERSION.hgb
  --json                the manifest, as JSON

Exit status: 0 packed, 1 the model has errors, 2 wrong usage, or code that cannot be packed.`,
  async run(words, terminal) {
    const string = { type: "string" } as const;
    const { values, positionals } = readWords(words, {
      ...{ ...PACK_OPTIONS, key: string, out: string, json: { type: "boolean" } },
    });
    const [modelPath, deploymentPath, ...rest] = positionals;
    if (modelPath === undefined || deploymentPath === undefined || rest.length > 0)
      throw new UsageError("pack takes a .riaps file and a .depl file");
    const signer = keyOf(values);
    const result = await packed({ modelPath, deploymentPath }, { values, signer, terminal });
    if (result === undefined) return EXIT.failed;
    const { manifest, bytes } = result;
    const path = textOf(values, "out") ?? `${manifest.app}-${manifest.version}.hgb`;
    await writeFile(path, bytes);
    if (values["json"] === true) terminal.out.write(`${JSON.stringify(manifest, undefined, 1)}\n`);
    else
      terminal.out.write(
        `${path}: ${manifest.files.length} files, ${chunksOf(manifest).length} chunks, ${bytes.byteLength} bytes\n`,
      );
    return EXIT.ok;
  },
};
