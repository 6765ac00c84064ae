// The rooms and the arrows between them. One table forbids, and the same table draws agent/rooms.mmd.
// A new room fails until it is entered here: adding one is a decision.
const may = {
  "agent/core": [],
  "agent/model": ["agent/core"],
  "agent/message": ["agent/core", "agent/model"],
  "agent/ports": ["agent/core", "agent/model", "agent/message"],
  "agent/component": ["agent/core", "agent/model", "agent/message", "agent/ports"],
  "agent/actor": [
    "agent/core",
    "agent/model",
    "agent/message",
    "agent/ports",
    "agent/component",
    "agent/group",
    "agent/record",
    "agent/resource",
  ],
  "agent/ledger": ["agent/core", "agent/component"],
  "agent/record": ["agent/core", "agent/message", "agent/ports", "agent/component"],
  "agent/node": [
    "agent/core",
    "agent/model",
    "agent/component",
    "agent/actor",
    "agent/deployment",
    "agent/discovery",
    "agent/dht",
    "agent/membership",
    "agent/resource",
    "agent/control",
    "agent/time",
  ],
  "agent/bundle": ["agent/core"],
  "agent/deployment": ["agent/core", "agent/model", "agent/bundle"],
  "agent/discovery": ["agent/core", "agent/membership", "agent/dht"],
  "agent/(?:membership|dht|time|logical-time|group|security|resource|chain|io|sim|control)": [
    "agent/core",
  ],
  "devices/bus": [],
  "devices/(?:linux|sim)": ["devices/bus", "agent/core"],
  "devices/drivers": ["devices/bus", "agent/core", "agent/component", "agent/message"],
  "actors/[^/]+": [
    "agent/component",
    "agent/core",
    "agent/message",
    "devices/bus",
    "devices/drivers",
    "devices/sim",
  ],
  "deploy/[^/]+": ["agent", "devices", "actors", "deploy"],
};
// Two files see rooms that do not see each other: main.ts for processes, application.ts for application code.
// Tests may use any body of the world and the doors of other rooms.
const test = "\\.(test|contract|fixture)\\.ts$";
const world = "^(agent/io|devices/linux|deploy)/|^agent/main\\.ts$";
const door = "^agent/(main|application)\\.ts$";
const error = (name, from, to) => ({ name, severity: "error", from, to });
module.exports = {
  forbidden: [
    error("no-cycles", {}, { circular: true }),
    // A page's script is read as text and runs in a browser: nobody imports it.
    error("no-orphans", { orphan: true, pathNot: `${test}|-page\\.js$` }, {}),
    error(
      "only-io-touches-the-world",
      { pathNot: `${world}|${test}` },
      {
        path: [
          "^node:",
          "node_modules/(zeromq|better-sqlite3|bonjour-service|systeminformation|ws)/",
          "^(fs|net|dgram|http|child_process|crypto|os|process|worker_threads)$",
        ],
      },
    ),
    error("code-never-imports-tests", { pathNot: test }, { path: test }),
    error(
      "every-room-is-in-the-table",
      {
        path: "^(agent|devices|actors|deploy)/",
        pathNot: `^(${Object.keys(may).join("|")})/|${door}`,
      },
      {},
    ),
    ...Object.entries(may).map(([room, friends]) =>
      error(
        `room ${room}`,
        { path: `^(${room})/`, pathNot: `${test}|${door}` },
        {
          path: "^(agent|devices|actors|deploy)/",
          pathNot: ["^$1/", ...friends.map((friend) => `^${friend}/`)],
        },
      ),
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    // Types of generated code have no importer of their own: imports name the .js beside them.
    exclude: { path: "^dist|^deploy/ci|/generated/.*\\.d\\.ts$" },
    reporterOptions: { mermaid: { minify: false } },
  },
};
