import type { AppModel, ComponentType, Port } from "../../agent/model/app-model.ts";
import { stemOf } from "./component-text.ts";
import { sampleText } from "./message-text.ts";
import { constantOf, fileOf, keyOf, typePrefixOf } from "./names-rule.ts";

/** <component>.ts, the developer's: written once, with a handler for every port at which something comes in. */
export function componentSkeleton(app: AppModel, component: ComponentType): string {
  const { name, ports, formals } = component;
  const [type, stem] = [typePrefixOf(name), stemOf(name)];
  const parameters =
    formals.length === 0 ? "" : `, { ${formals.map((formal) => formal.name).join(", ")} }`;
  const inner = ports.filter((port) => port.kind === "inside" && !port.isDefault);
  return [
    'import { component } from "hedgerow";',
    `import { type ${type}Handlers, ${stem}Model } from "./generated/${fileOf(name)}.ts";`,
    "",
    `/** Component ${name} of ${app.name}. */`,
    `export const ${constantOf(name)} = component({`,
    `  ...${stem}Model,`,
    ...(inner.length === 0 ? [] : ["  threads: {", ...inner.flatMap(threadLines), "  },"]),
    `  // What a component gets: setup({ port, clock, random, log }${parameters}).`,
    ...ports.flatMap((port) => callHint(app, port)).map((hint) => `  // ${hint}`),
    `  setup(): ${type}Handlers {`,
    "    return {",
    ...ports.flatMap((port) => handlerLines(app, port)),
    "    };",
    "  },",
    "});",
    "",
  ].join("\n");
}

/** application.ts, the developer's: which code is which component of the model. */
export function applicationSkeleton(app: AppModel, components: readonly ComponentType[]): string {
  return [
    `import type { ${typePrefixOf(app.name)}Application } from "./generated/application.ts";`,
    ...components.map(({ name }) => `import { ${constantOf(name)} } from "./${fileOf(name)}.ts";`),
    "",
    "/** The code of the application: one component for each of the model. */",
    `export const application: ${typePrefixOf(app.name)}Application = {`,
    `  name: "${app.name}",`,
    "  components: {",
    ...components.map(({ name }) => `    ${keyOf(name)}: ${constantOf(name)},`),
    "  },",
    "};",
    "",
  ].join("\n");
}

/** generated/application.ts: which components the application must have. */
export function generatedApplication(app: AppModel, components: readonly ComponentType[]): string {
  const type = typePrefixOf(app.name);
  return [
    'import type * as hedgerow from "hedgerow";',
    ...components.map(
      ({ name }) => `import type * as ${constantOf(name)} from "./${fileOf(name)}.ts";`,
    ),
    "",
    `/** The components of ${app.name}, each with the ports of its model. */`,
    `export type ${type}Components = {`,
    ...components.map(({ name }) => {
      const ports = `${constantOf(name)}.${typePrefixOf(name)}Ports`;
      return `  readonly ${keyOf(name)}: hedgerow.AnyDefinition & { readonly ports: ${ports} };`;
    }),
    "};",
    "",
    "/** The application as its model wants it. */",
    `export interface ${type}Application extends hedgerow.Application {`,
    `  readonly name: "${app.name}";`,
    `  readonly components: ${type}Components;`,
    "}",
    "",
  ].join("\n");
}

function threadLines({ name }: Port): readonly string[] {
  return [
    "    // Runs in a thread of its own, so it may block; ends when `signal` aborts.",
    `    ${keyOf(name)}: {`,
    `      port: "${name}",`,
    "      async run({ received }) {",
    "        for await (const message of received()) void message;",
    "      },",
    "    },",
  ];
}

/** How the component uses a port that it calls. */
function callHint(app: AppModel, port: Port): readonly string[] {
  const call = `port.${port.name}`;
  switch (port.kind) {
    case "pub":
      return [`${call}(${sampleText(app, port.message.name)}) publishes.`];
    case "clt":
      return [
        `await ${call}(${sampleText(app, port.request.name)}, 1000) asks, for at most 1000 ms.`,
      ];
    case "req":
    case "qry":
      return [
        `${call}(${sampleText(app, port.request.name)}, 1000) asks, for at most 1000 ms; the outcome comes to on_${port.name}.`,
      ];
    case "timer":
      return port.periodMs === null
        ? [`${call}.fireIn(1000) lets on_${port.name} be called once.`]
        : [];
    case "inside":
      return port.isDefault ? [] : [`${call}({}) sends to its thread.`];
    case "sub":
    case "srv":
    case "rep":
    case "ans":
      return [];
  }
}

function handlerLines(app: AppModel, port: Port): readonly string[] {
  const head = (parameters: string): string => `      on_${port.name}(${parameters}) {`;
  const end = "      },";
  switch (port.kind) {
    case "pub":
    case "clt":
      return [];
    case "sub":
      return [head(""), `        // (message, arrival): a ${port.message.name} has come.`, end];
    case "timer":
      return [head(""), "        // (dueUtcUs): the time has come.", end];
    case "inside":
      return port.isDefault
        ? [head(""), "        // ({ dueUtcUs }): a second has passed.", end]
        : [head(""), "        // (message, thread, arrival): a thread has sent this.", end];
    case "req":
      return [head(""), "        // (outcome, arrival): the reply, or why there is none.", end];
    case "qry":
      return [
        head(""),
        "        // (outcome, queryId, arrival): the answer, or why there is none.",
        end,
      ];
    case "srv":
      return [
        head(""),
        `        // (request, arrival): answer with a ${port.reply.name}.`,
        `        return ${sampleText(app, port.reply.name)};`,
        end,
      ];
    case "rep":
    case "ans":
      return [
        head("_request, caller"),
        `        // Answer with a ${port.reply.name}, now or later.`,
        `        caller.answer(${sampleText(app, port.reply.name)});`,
        end,
      ];
  }
}
