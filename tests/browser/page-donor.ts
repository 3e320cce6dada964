/** A donor that a test scripts over a BroadcastChannel: it stands in for the real one where only words and layout are looked at. */
import { expose } from "comlink";
import type { DonorControl, DonorFact, DonorState } from "../../client/donor/state.ts";
import { holdLife } from "../../client/donor/tabs/alive.ts";
import { donorState } from "./page-fixtures.ts";

export type Script = { state: DonorState } | { fact: DonorFact };
export const SCRIPT_CHANNEL = "idlewave-scripted-donor";

let facts: MessagePort | null = null;
let watcher: ((state: DonorState) => void) | null = null;
const said: string[] = [];
const channel = new BroadcastChannel(SCRIPT_CHANNEL);

channel.onmessage = (event: MessageEvent<Script>) => {
  if ("state" in event.data) watcher?.(event.data.state);
  else facts?.postMessage(event.data.fact);
};

function say(what: string): void {
  said.push(what);
  channel.postMessage({ said: [...said] });
}

const control: DonorControl = {
  life: holdLife,
  async start(options) {
    say(`start ${options.dose} ${options.job}`);
    say(`shown ${options.shown}`);
    say(`surroundings ${JSON.stringify(options.surroundings)}`);
    say(`wishes ${JSON.stringify(options.wishes)}`);
  },
  async stop() {
    say("stop");
  },
  async pause() {
    say("pause");
  },
  async settled() {},
  async restart(options) {
    say(`restart ${options.job}`);
  },
  async setDose(dose) {
    say(`dose ${dose}`);
  },
  async noticeInput() {
    say("input");
  },
  async setSurroundings(surroundings) {
    say(`surroundings ${JSON.stringify(surroundings)}`);
  },
  async say(anyway) {
    say(`anyway ${anyway}`);
  },
  async watch(onState) {
    watcher = onState;
    // As the real one does at once, with the dose that it has before the first start.
    onState(donorState({ phase: { kind: "off" }, dose: 0.25, job: null }));
  },
  async facts(port) {
    facts = port;
  },
  async retry() {
    say("retry");
  },
  async joinPool(_origin, secret) {
    say(`join ${secret}`);
    return { id: 1, name: "Physics lab", pass: "" };
  },
  async leavePool(_origin, id) {
    say(`leave ${id}`);
  },
  async deviceKey() {
    return new Uint8Array(32);
  },
  async linkDevice() {},
  async wish() {},
  async vouchFor() {
    return undefined;
  },
  async keepBox() {},
  async boxes() {
    return [];
  },
  async takeBack() {},
  async forgetAccount() {},
  async devices() {
    return [];
  },
  async removeDevice() {},
  async forget() {
    say("forget");
  },
};

expose(control);
