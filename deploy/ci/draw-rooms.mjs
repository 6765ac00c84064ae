// Draws the map of rooms and arrows from the code: agent/rooms.mmd, and the same between two marks in
// README.md. With --check it draws nothing, and fails when what is drawn is not what the code says.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run-step.mjs";

const BEGIN = "<!-- rooms: drawn by npm run map -->";
const END = "<!-- end of rooms -->";

function draw() {
  const cruiser = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const settings = [
    ["--config", "deploy/ci/architecture.cjs"],
    ["--include-only", "^(agent|devices|actors)/"],
    ["--exclude", "[.](test|contract|fixture)[.]ts$|/generated/"],
    ["--collapse", "^(agent|devices/drivers|devices|actors)/[^/]+"],
    ["--output-type", "mermaid"],
  ];
  const args = [cruiser, "agent", "devices", "actors", ...settings.flat()];
  return inOrder(execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" }));
}

/** One arrow a line, sorted: a new arrow is one added line, wherever it was found. */
function inOrder(map) {
  const lines = map.trimEnd().split("\n");
  const isArrow = (line) => line.includes("-->");
  return `${[...lines.filter((line) => !isArrow(line)), ...lines.filter(isArrow).sort()].join("\n")}\n`;
}

function within(readme, map) {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from)
    throw new Error(`README.md has no place for the map: ${BEGIN} … ${END}`);
  const picture = `${BEGIN}\n\n\`\`\`mermaid\n${map}\`\`\`\n\n`;
  return readme.slice(0, from) + picture + readme.slice(to);
}

const map = draw();
const readmePath = join(ROOT, "README.md");
const readme = readFileSync(readmePath, "utf8");
const outputs = [
  [join(ROOT, "agent/rooms.mmd"), map],
  [readmePath, within(readme, map)],
];
for (const [path, text] of outputs) {
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(
      `${path} is not what the code says: run \`npm run map\` and look at the difference.`,
    );
    process.exitCode = 1;
  }
}
