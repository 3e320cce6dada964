import { pino } from "pino";
import { expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../server/config.ts";
import { warnOfExposure } from "../../server/exposure.ts";

function warnings(changes: Partial<typeof DEFAULT_CONFIG>): string {
  const lines: string[] = [];
  warnOfExposure(pino({}, { write: (line: string) => lines.push(line) }), { ...DEFAULT_CONFIG, ...changes });
  return lines.join("");
}

it("whoever listens for others by plain HTTP is told what browsers want, and what works", () => {
  const said = warnings({ host: "0.0.0.0" });
  for (const part of ["https:// and to localhost alone", "--tls", "a proxy with a certificate", "a tunnel", "not tried"])
    expect(said).toContain(part);
});

it.each([
  { host: "127.0.0.1" },
  { host: "0.0.0.0", tls: true },
  { host: "0.0.0.0", tlsCert: "a.pem", tlsKey: "b.pem" },
  { host: "0.0.0.0", publicUrl: "https://idlewave.example" },
])("nobody else is: %j", (changes) => {
  expect(warnings(changes)).toBe("");
});
