import { type Application, component } from "../../agent/component/define.ts";
import { pub, sub, tim } from "../../agent/component/ports.ts";
import { integer, record } from "../../agent/message/field.ts";
import { message } from "../../agent/message/message-type.ts";

/** Model of the experiments' application: who publishes, who subscribes, and who does both. */
export const EXPERIMENT_MODEL = `language hedgerow 1;
app Experiment {
  message Beat;
  component Publisher() { pub beat : Beat; timer tick 250 msec; }
  component Subscriber() { sub beat : Beat; }
  actor Talker() { { publisher : Publisher(); } }
  actor Hearer() { { subscriber : Subscriber(); } }
  actor Both() { { publisher : Publisher(); subscriber : Subscriber(); } }
}
`;

const COUNT_MAX = 1_000_000_000;
const beat = message("Beat", record({ number: integer(0, COUNT_MAX) }));

const publisher = component({
  name: "Publisher",
  ports: { beat: pub(beat), tick: tim() },
  options: () => undefined,
  setup({ port }) {
    let number = 0;
    return {
      on_tick() {
        port.beat({ number });
        number += 1;
      },
    };
  },
});

function subscriberOf(heard: () => void) {
  return component({
    name: "Subscriber",
    ports: { beat: sub(beat) },
    options: () => undefined,
    setup() {
      let isFirst = true;
      return {
        on_beat() {
          if (isFirst) heard();
          isFirst = false;
        },
      };
    },
  });
}

/** The application; `heard` is called at the first message of a subscriber. */
export function experimentApplication(heard: () => void): Application {
  return {
    name: "Experiment",
    components: { Publisher: publisher, Subscriber: subscriberOf(heard) },
  };
}

/** A deployment: which actor runs on which board. */
export function deploymentText(
  placed: readonly (readonly [board: string, actor: "Talker" | "Hearer" | "Both"])[],
): string {
  const lines = placed.map(([board, actor]) => `  on (${board}) ${actor};`);
  return `language hedgerow 1;\napp Experiment {\n${lines.join("\n")}\n}\n`;
}
