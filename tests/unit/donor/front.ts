/** A coordinator's gateway behind a tiny HTTP server that answers as a test wants, and a session that lends to it. */
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { ed25519 } from "@noble/curves/ed25519.js";
import { openEar } from "../../../client/donor/account/ear.ts";
import type { Barred } from "../../../client/donor/claims/barred.ts";
import type { SpeedShelf } from "../../../client/donor/computing/host-speed.ts";
import { Throttle } from "../../../client/donor/computing/throttle.ts";
import { Turns } from "../../../client/donor/computing/turns.ts";
import type { Identity } from "../../../client/donor/identity.ts";
import type { Manners } from "../../../client/donor/manners/manners.ts";
import type { Wishes } from "../../../client/donor/manners/wishes.ts";
import type { OutboxEntry } from "../../../client/donor/outbox/outbox-entry.ts";
import type { SessionShelf } from "../../../client/donor/outbox/shelf.ts";
import { Report } from "../../../client/donor/report.ts";
import { Session } from "../../../client/donor/session.ts";
import type { DonorState } from "../../../client/donor/state.ts";
import type { RemoteWish } from "../../../shared/account/remote-wish.ts";
import { exactBytes } from "../../../shared/bytes.ts";
import { startNetwork, type TestNetwork } from "../gateway/network.ts";

export interface Front {
  url: string;
  network: TestNetwork;
  /** Answers a request before the coordinator's own figures and blobs do; true when it did. */
  meddle: (path: string, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

/** HTTP by `meddle` or from the coordinator's rows and blobs; sockets go through to the gateway. */
export async function startFront(): Promise<Front> {
  const through = new Set<Socket>();
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const network = await startNetwork({ allowSoftware: true, publicUrl: url });
  const front: Front = {
    ...{ url, network, meddle: () => false },
    async close() {
      for (const socket of through) socket.destroy();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await network.close();
    },
  };
  const statusOf = (id: number) => {
    const row = network.coordinator.job(id as never);
    return row && { id, state: row.state, plan: row.plan, priority: 0, creditPerUnit: 1, volunteers: 0 };
  };
  server.on("request", async (request, response) => {
    const path = request.url ?? "";
    if (front.meddle(path, response)) return;
    const json = (value: unknown) => response.writeHead(value ? 200 : 404).end(JSON.stringify(value ?? {}));
    if (path === "/api/jobs") json({ jobs: network.coordinator.jobs().map(({ id }) => statusOf(id)) });
    else if (path.startsWith("/api/jobs/")) json(statusOf(Number(path.split("/")[3])));
    else response.end(await network.blobs.get(path.split("/")[2] as never));
  });
  server.on("upgrade", (request, socket, head) => {
    const { hostname, port } = new URL(network.url);
    const upstream = connect(Number(port), hostname);
    for (const end of [upstream, socket as Socket]) {
      through.add(end);
      end.on("error", () => undefined);
      end.on("close", () => {
        upstream.destroy();
        socket.destroy();
      });
    }
    const headers = request.rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");
    upstream.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers}\r\n`);
    upstream.write(head);
    upstream.pipe(socket).pipe(upstream);
  });
  return front;
}

export interface Lender {
  session: Session;
  /** Everything that was ever put on the shelf. */
  shelved: OutboxEntry[];
  /** What lies there now. */
  kept(): OutboxEntry[];
  last(): DonorState;
  /** Plans whose kernels are never taken again. */
  never: string[];
}

/** `left`: what an earlier page left on the shelf, which is `loadMillis` slow to read. */
export function lend(front: Pick<Front, "url">, left: OutboxEntry[] = [], loadMillis = 0): Lender {
  const { identity, shelf, barred, speeds, report, ...seen } = volunteer(left, loadMillis);
  return {
    session: new Session(
      { origin: front.url, dose: 0.9, job: 0 },
      identity,
      { shelf, barred, onWish: () => undefined },
      speeds,
      new Throttle(0.9),
      report,
    ),
    ...seen,
  };
}

/** As the manners allow, one session after the other. */
export function lendInTurns(front: Pick<Front, "url">, manners: Manners): Omit<Lender, "session"> & { turns: Turns; identity: Identity } {
  const { identity, shelf, barred, speeds, report, ...seen } = volunteer([], 0);
  const onWish = (wish: RemoteWish) => manners.setRemote(wish);
  const open = (throttle: Throttle, wishes: Wishes) =>
    new Session({ origin: front.url, dose: 0.9, job: 0, wishes }, identity, { shelf, barred, onWish }, speeds, throttle, report);
  return { turns: new Turns({ manners, report, open, listen: () => openEar(front.url, identity, onWish) }), identity, ...seen };
}

export function identityOf(seed: Uint8Array): Identity {
  return {
    publicKey: exactBytes(ed25519.getPublicKey(seed)),
    sign: async (message) => exactBytes(ed25519.sign(message, seed)),
  };
}

/** Somebody new: a key, a shelf, and what was told of it. */
function volunteer(left: OutboxEntry[], loadMillis: number) {
  const identity = identityOf(crypto.getRandomValues(new Uint8Array(32)));
  const kept = new Map(left.map((entry) => [entry.key, entry]));
  const shelved: OutboxEntry[] = [];
  const shelf: SessionShelf = {
    statements: { load: async () => [], save: async () => undefined },
    load: async () => {
      await new Promise((read) => setTimeout(read, loadMillis));
      return [...kept.values()];
    },
    write: async (put, remove) => {
      shelved.push(...put);
      for (const entry of put) kept.set(entry.key, entry);
      for (const key of remove) kept.delete(key);
    },
  };
  const never: string[] = [];
  const barred: Barred = { has: async (plan) => never.includes(plan), add: async (plan) => void never.push(plan) };
  const speeds: SpeedShelf = { load: async () => undefined, save: async () => undefined };
  const report = new Report();
  const states: DonorState[] = [];
  report.watch((state) => void states.push(state));
  return {
    identity,
    shelf,
    barred,
    speeds,
    report,
    shelved,
    never,
    kept: () => [...kept.values()],
    last: () => states.at(-1) as DonorState,
  };
}
