/** One question of an account without lending: a connection that proves the key, claims nothing, asks, and goes. */
import type { Host } from "../../shared/messages.ts";
import type { Identity } from "./identity.ts";
import { VolunteerSocket } from "./socket.ts";

/** The coordinator's answer is waited for this long. */
const PATIENCE_MS = 20_000;
/** Nothing is told of the browser: no work is asked for. */
export const NOBODY: Host = { vendor: "", architecture: "", browser: "", os: "", software: false, features: [], limits: {} };

/** The coordinator lets this key in no more, in its words. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Rejects when the coordinator cannot be reached, and with `Refused`. */
export async function errand<T>(origin: string, identity: Identity, ask: (socket: VolunteerSocket) => Promise<T>): Promise<T> {
  let socket: VolunteerSocket | undefined;
  let patience: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      patience = setTimeout(() => reject(new Error("The coordinator does not answer.")), PATIENCE_MS);
      socket = new VolunteerSocket(origin, identity, {
        introduce: async () => NOBODY,
        onUp: () => resolve(),
        onDown: () => undefined,
        onAccount: () => undefined,
        onWork: () => undefined,
        onWithdraw: () => undefined,
        onReload: () => reject(new Error("This page has a newer version. Load it again.")),
        onRefused: (code, message) => reject(new Refused(code, message)),
      });
    });
    return await ask(socket as unknown as VolunteerSocket);
  } finally {
    clearTimeout(patience);
    socket?.close();
  }
}
