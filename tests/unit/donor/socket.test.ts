/** The volunteer's connection, against a real gateway. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Identity } from "../../../client/donor/identity.ts";
import { type SocketListener, VolunteerSocket } from "../../../client/donor/socket.ts";
import { startNetwork, type TestNetwork } from "../gateway/network.ts";
import { HOST } from "../gateway/volunteer.ts";

const BLOG = "https://blog.example";
/** Longer than the longest wait for a coordinator that hung up, ms. */
const LONGER_MS = 3_500;

let network: TestNetwork;
const sockets: VolunteerSocket[] = [];
beforeEach(async () => {
  network = await startNetwork({ visitorsPerSite: 1 });
  await network.store.putSite(BLOG, BLOG, Date.now());
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await network.close();
});

function identity(): Identity {
  const { secretKey, publicKey } = ed25519.keygen();
  return { publicKey: new Uint8Array(publicKey), sign: async (message) => new Uint8Array(ed25519.sign(message, secretKey)) };
}

function visit(): VolunteerSocket {
  const nothing = () => undefined;
  const listener: SocketListener = {
    introduce: async () => HOST,
    ...{ onUp: nothing, onDown: nothing, onAccount: nothing, onWork: nothing, onWithdraw: nothing, onReload: nothing, onRefused: nothing },
  };
  const socket = new VolunteerSocket(network.url, identity(), listener, { site: BLOG });
  sockets.push(socket);
  return socket;
}

it("who is told that a site has no room comes again when it was told to, however often it is hurried", async () => {
  const first = visit();
  await vi.waitFor(() => expect(first.isUp).toBe(true), 20_000);
  const second = visit();
  await vi.waitFor(() => expect(network.refused).toEqual(["too-fast"]), 20_000);
  for (let at = 0; at < LONGER_MS; at += 100) {
    second.hurry();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(network.refused).toEqual(["too-fast"]);
}, 60_000);
