/** docs/operations.md says what is so: every setting, every metric and every limit. */
import { readFileSync } from "node:fs";
import type { TSchema } from "typebox";
import { expect, it } from "vitest";
import { ConfigSchema, DEFAULT_CONFIG, VARIABLES } from "../../../server/config.ts";
import * as limits from "../../../server/gateway/limits.ts";
import { MAX_UNANSWERED } from "../../../server/http/pipelines.ts";
import * as senders from "../../../server/http/senders.ts";
import { MAX_UNSIGNED_RESULTS } from "../../../shared/statement.ts";
import { startServer } from "../http/server.ts";

const DOC = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");

/** Rows, without their head, of the table between `<!-- name -->` and `<!-- /name -->`. */
function tableOf(name: string): string[] {
  const [, inside] = DOC.split(new RegExp(`<!-- /?${name} -->`));
  return (inside ?? "").trim().split("\n").slice(2);
}

function settings(): string[] {
  const rows: string[] = [];
  const add = (path: string[], schema: TSchema, value: unknown) => {
    const properties = (schema as { properties?: Record<string, TSchema> }).properties;
    if (properties) {
      for (const [key, inner] of Object.entries(properties)) add([...path, key], inner, (value as Record<string, unknown>)[key]);
      return;
    }
    const variable = Object.entries(VARIABLES).find(([, keys]) => keys.join(".") === path.join("."))?.[0];
    const { description } = schema as { description?: string };
    rows.push(`| \`${path.join(".")}\` | \`${variable}\` | ${value === "" ? "empty" : `\`${value}\``} | ${description} |`);
  };
  add([], ConfigSchema, DEFAULT_CONFIG);
  return rows;
}

function rates(): string[] {
  const { FRAME_RATE, CLAIM_RATE, ADDRESS_CLAIM_RATE, COLD_RATE, OWN_UNITS_RATE, GARBAGE_RATE, CONNECT_RATE } = limits;
  const figure = (value: number) => value.toLocaleString("en-US");
  const row = (who: string, what: string, { burst, perSecond }: limits.Rate) =>
    `| ${who} | ${what} | ${figure(burst)} | ${figure(perSecond)} a second |`;
  const most = (who: string, what: string, count: number) => `| ${who} | ${what} | ${figure(count)} | |`;
  return [
    row("a public address", "new connections", CONNECT_RATE),
    most("a public address", "open sockets of volunteers", limits.MAX_SOCKETS_PER_ADDRESS),
    most("a public address", "open connections, requests too (without a proxy)", senders.MAX_PER_LINE),
    row("a network (IPv4 /24, IPv6 /48)", "keys that were not known before", limits.NEW_KEY_RATE),
    most("the coordinator", "open connections", senders.MAX_CONNECTIONS),
    row("an address", "claims, renewals and releases", ADDRESS_CLAIM_RATE),
    row("an account", "claims, renewals and releases", CLAIM_RATE),
    row("an account", "bytes of frames", limits.BYTE_RATE),
    row("an account", "signatures over results", limits.SIGN_RATE),
    row("an assignment", "renewals", limits.RENEW_RATE),
    row("an account", "readings of its own units", OWN_UNITS_RATE),
    row("a connection", "frames", FRAME_RATE),
    most("a connection", "frames that wait for an answer", limits.MAX_FRAMES_IN_FLIGHT),
    most("a connection", "bytes of frames that wait for an answer", limits.MAX_BYTES_IN_FLIGHT),
    most("a connection", "results without a signature, then claims wait", MAX_UNSIGNED_RESULTS),
    row("a connection", "cold messages (`hello`, `units`, `forget`, of pools and of accounts)", COLD_RATE),
    row("a connection", "malformed messages", GARBAGE_RATE),
    row("a connection", "refusals because frames or claims came too fast, then it is closed", limits.TOO_FAST_RATE),
    most("a connection", "HTTP requests that wait for their answers, then it is closed", MAX_UNANSWERED),
  ];
}

it("tells each setting with its variable and default", () => {
  expect(tableOf("settings")).toEqual(settings());
});

it("tells the limits on those who ask", () => {
  expect(tableOf("limits").slice(0, rates().length)).toEqual(rates());
});

it("tells each metric of ours, and no other", async () => {
  const server = await startServer();
  try {
    const text = await (await server.get("/metrics", server.token)).text();
    const real = [...text.matchAll(/^# TYPE (idlewave_\w+) /gm)].map((match) => match[1]);
    const table = DOC.split("\n").filter((line) => line.startsWith("| `idlewave_"));
    const told = table.flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/idlewave_\w+/g)].map((match) => match[0]));
    expect(told.sort()).toEqual(real.sort());
  } finally {
    await server.close();
  }
});
