// An application for tests with real processes: a source that counts aloud and may come to grief, and a sink.
import { type Application, component } from "../../agent/component/define.ts";
import { textOption } from "../../agent/component/options.ts";
import { pub, sub, tim } from "../../agent/component/ports.ts";
import { integer, record } from "../../agent/message/field.ts";
import { message } from "../../agent/message/message-type.ts";

const Count = message("Count", record({ number: integer(0, 1_000_000) }));

export const DEMO_MODEL = `language hedgerow 1;
app Demo {
  message Count;
  component Source(grief = "none") { pub count : Count; timer beat 20 msec; }
  component Sink { sub count : Count; }
  actor Sender(grief = "none") { { source : Source(grief = grief); } }
  actor Receiver { { sink : Sink; } }
}
`;

/** Its model with a deployment of two boards whose sender has this grief. */
export function demoTexts(grief: string): {
  readonly modelName: string;
  readonly modelText: string;
  readonly deploymentName: string;
  readonly deploymentText: string;
} {
  return {
    ...{ modelName: "demo.riaps", modelText: DEMO_MODEL, deploymentName: "demo.depl" },
    deploymentText: `language hedgerow 1;
app Demo { on (a) Sender(grief = "${grief}") as s; on (b) Receiver as r; }
`,
  };
}

/** What happens to the source at its tenth message. */
const GRIEFS: Readonly<Record<string, () => void>> = {
  none: () => undefined,
  exit: () => process.exit(0),
  reject: () => void Promise.reject(new Error("nobody caught this")),
  throw: () => {
    throw new Error("as told");
  },
  hang: () => {
    for (;;);
  },
};

const source = component({
  name: "Source",
  ports: { count: pub(Count), beat: tim() },
  options: (parameters) => ({ grief: textOption(parameters, "grief") }),
  setup({ port, log }, { grief }) {
    let number = 0;
    return {
      handleActivate: () => log("info", "active", {}),
      handleDeactivate: () => log("info", "inactive", {}),
      on_beat() {
        number += 1;
        port.count({ number });
        if (number === 10) GRIEFS[grief]?.();
      },
    };
  },
});

const sink = component({
  name: "Sink",
  ports: { count: sub(Count) },
  options: () => undefined,
  setup: ({ log }) => ({ on_count: ({ number }) => log("info", "heard", { number }) }),
});

export const application: Application = {
  name: "Demo",
  components: { Source: source, Sink: sink },
};
