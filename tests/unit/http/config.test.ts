import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, DEFAULT_CONFIG, readConfig, unknownVariables } from "../../../server/config.ts";

function folderWith(content?: string): string {
  const folder = mkdtempSync(join(tmpdir(), "idlewave-config-"));
  if (content !== undefined) writeFileSync(join(folder, "idlewave.json"), content);
  return folder;
}

describe("the configuration", () => {
  it("is the defaults when nothing is said", () => {
    expect(readConfig({}, {}, folderWith())).toEqual(DEFAULT_CONFIG);
  });

  it("is the file's, above it the variables', above them the command line's", () => {
    const folder = folderWith(JSON.stringify({ port: 1000, host: "0.0.0.0", data: "/a", network: { name: "File", purpose: "P" } }));
    const env = { IDLEWAVE_PORT: "2000", IDLEWAVE_DATA: "/b", IDLEWAVE_NETWORK_NAME: "Variable", IDLEWAVE_ALLOW_SOFTWARE: "1" };
    expect(readConfig({ port: 3000 }, env, folder)).toEqual({
      ...DEFAULT_CONFIG,
      port: 3000,
      data: "/b",
      host: "0.0.0.0",
      allowSoftware: true,
      network: { ...DEFAULT_CONFIG.network, name: "Variable", purpose: "P" },
    });
  });

  const wrong: [string, string | undefined, Record<string, string>, RegExp][] = [
    ["no JSON", "{", {}, /idlewave\.json/],
    ["no object", "[]", {}, /idlewave\.json/],
    ["an unknown key", '{"prot": 80}', {}, /prot.*idlewave\.json/],
    ["an unknown key inside", '{"network": {"nmae": "x"}}', {}, /network\.nmae/],
    ["a port that is text", '{"port": "80"}', {}, /port.*idlewave\.json/],
    ["a port above 65535", undefined, { IDLEWAVE_PORT: "70000" }, /port.*IDLEWAVE_PORT/],
    ["a port that is no number", undefined, { IDLEWAVE_PORT: "http" }, /port.*IDLEWAVE_PORT/],
    ["a switch that is neither", undefined, { IDLEWAVE_ALLOW_SOFTWARE: "maybe" }, /allowSoftware.*IDLEWAVE_ALLOW_SOFTWARE/],
    ["a public URL with a path", undefined, { IDLEWAVE_PUBLIC_URL: "https://a.example/x" }, /publicUrl.*IDLEWAVE_PUBLIC_URL/],
    ["a negative number of proxies", '{"trustProxy": -1}', {}, /trustProxy/],
    ["a metrics token that is too short", undefined, { IDLEWAVE_METRICS_TOKEN: "short" }, /metricsToken.*IDLEWAVE_METRICS_TOKEN/],
    ["a name that a terminal obeys", undefined, { IDLEWAVE_NETWORK_NAME: "a\u001b[31m" }, /network\.name.*IDLEWAVE_NETWORK_NAME/],
    ["a comma too many", '{\n  "port": 80,\n}', {}, /^idlewave\.json:2:13 There is a comma before the }$/],
    ["a certificate without its key", '{"tlsCert": "a.pem"}', {}, /tlsCert \(from idlewave\.json\) is given, and tlsKey is not/],
    [
      "a key without its certificate",
      undefined,
      { IDLEWAVE_TLS_KEY: "a.pem" },
      /tlsKey \(from IDLEWAVE_TLS_KEY\) is given, and tlsCert is not/,
    ],
    ["TLS that is neither on nor off", undefined, { IDLEWAVE_TLS: "maybe" }, /tls \(from IDLEWAVE_TLS\)/],
    ["free space that is no number", undefined, { IDLEWAVE_MIN_FREE_MIB: "some" }, /minFreeMiB.*IDLEWAVE_MIN_FREE_MIB/],
  ];
  it.each(wrong)("with %s is refused by the key's name", (_name, file, env, message) => {
    const read = () => readConfig({}, env, folderWith(file));
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });

  it.each([
    [{ IDLEWAVE_PORT: "http" }, "It must be a whole number from 0 to 65535."],
    [{ IDLEWAVE_LOG_LEVEL: "loud" }, "It must be silent, error, warn, info or debug."],
    [{ IDLEWAVE_ALLOW_SOFTWARE: "yes" }, "It must be true or false."],
    [{ IDLEWAVE_NETWORK_NAME: "a\u202eb" }, "It has U+202E, which is not seen: remove it."],
    [{ IDLEWAVE_PUBLIC_URL: "foo" }, expect.stringContaining('For example "https://idlewave.example".')],
  ])("with %j says what it may be", (env, todo) => {
    expect(() => readConfig({}, env, folderWith())).toThrow(expect.objectContaining({ todo }));
  });

  it("never shows a secret that is wrong", () => {
    expect(() => readConfig({}, { IDLEWAVE_METRICS_TOKEN: "hush" }, folderWith())).toThrow(/^((?!hush).)*$/s);
  });

  it.each([
    ['{"prot": 80}', "Did you mean port?"],
    ['{"network": {"nmae": "x"}}', "Did you mean network.name?"],
    ['{"operator": "me"}', "Did you mean network.operator?"],
    ['{"network": {"publicurl": "https://a.example"}}', "Did you mean publicUrl?"],
    ['{"colour": "red"}', expect.stringContaining("There are data, host, port,")],
    ['{"network": {"colour": "red"}}', "There are network.name, network.operator, network.purpose, network.contact, network.source."],
  ])("with %s names what may have been meant", (file, todo) => {
    expect(() => readConfig({}, {}, folderWith(file))).toThrow(expect.objectContaining({ name: "ConfigError", todo }));
  });
});

describe("a variable", () => {
  it("that is no setting is named with the nearest that is one", () => {
    const env = { IDLEWAVE_PROT: "80", IDLEWAVE_NETWORK_NMAE: "x", IDLEWAVE_TOKNE: "y", OTHER: "z" };
    expect(unknownVariables(env)).toEqual([
      "IDLEWAVE_PROT is no setting and changes nothing. Did you mean IDLEWAVE_PORT?",
      "IDLEWAVE_NETWORK_NMAE is no setting and changes nothing. Did you mean IDLEWAVE_NETWORK_NAME?",
      "IDLEWAVE_TOKNE is no setting and changes nothing. Did you mean IDLEWAVE_TOKEN?",
    ]);
  });

  it("that is like none is answered with all there are", () => {
    expect(unknownVariables({ IDLEWAVE_COLOUR: "red" })).toEqual([
      expect.stringMatching(/There are IDLEWAVE_DATA, .*IDLEWAVE_URL, IDLEWAVE_TOKEN, IDLEWAVE_PIN, IDLEWAVE_PASSPHRASE\./),
    ]);
  });

  it("of ours is fine", () => {
    expect(unknownVariables({ IDLEWAVE_PORT: "80", IDLEWAVE_URL: "http://a.example", IDLEWAVE_TOKEN: "" })).toEqual([]);
  });
});
