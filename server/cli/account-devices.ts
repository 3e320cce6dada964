/** `account devices|pause|resume|limit`: what each device of the account does, and less of it from this one. */
import { type Command, Option } from "commander";
import type { Place } from "../../client/dawn/account.ts";
import { type RemoteWish, WISH_SHARES } from "../../shared/account/remote-wish.ts";
import { fromHex } from "../../shared/bytes.ts";
import type { DeviceInfo } from "../../shared/protocol.ts";
import { messageOf } from "../../shared/thrown.ts";
import { volunteerIdOf } from "../../shared/volunteer-id.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";

export interface HomeOptions extends VerbOptions {
  home: string;
}

/** `home`: where this machine's own key is when nothing else is said. */
export function deviceVerbs(account: Command, home: string): void {
  const online = (usage: string, description: string) =>
    verb(account, usage, description).option("--home <folder>", "where this machine's own key is", home);

  online("devices", "list the devices of this machine's account, and what each lends now").action(async (options: HomeOptions) => {
    const { devicesOf } = await import("../../client/dawn/account.ts");
    const devices = await said(devicesOf(placeOf(options)));
    if (options.json) return printJson({ devices });
    if (devices.length === 0) note(`This machine is joined to no other. ${invocation("account link <file>")} joins it to an account.`);
    for (const device of devices)
      print(`${volunteerIdOf(device.device)}  ${(device.name || "without a name").padEnd(24)}  ${stateOf(device)}`);
  });

  online("pause <device>", "have a device of the account lend nothing until it is resumed, by its name in devices").action(
    async (device: string, options: HomeOptions) => wish(device, options, { paused: true }),
  );
  online("resume <device>", "end a pause that was made from a device of the account; it starts nothing that its own person stopped").action(
    async (device: string, options: HomeOptions) => wish(device, options, { paused: false }),
  );
  online("limit <device>", "have a device of the account lend at most this share of its GPU, or less where less was chosen on it")
    .addOption(new Option("--intensity <percent>", "share of the GPU").choices(WISH_SHARES.map(String)).makeOptionMandatory())
    .action(async (device: string, options: HomeOptions & { intensity: string }) => {
      const share = WISH_SHARES.find((each) => String(each) === options.intensity);
      await wish(device, options, share ? { share } : {});
    });
}

async function wish(device: string, options: HomeOptions, change: Partial<RemoteWish>): Promise<void> {
  const { devicesOf, wishOf } = await import("../../client/dawn/account.ts");
  const place = placeOf(options);
  const one = named(device, await said(devicesOf(place)));
  const next = { ...one.wish, ...change, turn: one.wish.turn + 1 };
  await said(wishOf(place, fromHex(one.device), next));
  if (options.json) return printJson({ device: one.device, wish: next });
  const name = one.name || volunteerIdOf(one.device);
  const when = one.isConnected || one.isThis ? "now" : "when it connects again";
  if (next.paused) note(`${name} is paused: it lends nothing, ${when}. ${invocation(`account resume ${device}`)} ends that.`);
  else note(`${name} lends at most ${next.share} % of its GPU, ${when}, and no more than was chosen on it.`);
}

/** The one whose key begins so. */
export function named(device: string, devices: readonly DeviceInfo[]): DeviceInfo {
  const found = devices.filter((each) => device.length >= 4 && each.device.startsWith(device));
  const [one] = found;
  if (one && found.length === 1) return one;
  throw new CliError(EXIT.usage, "usage", `${device} is no device of the account.`, `${invocation("account devices")} shows them.`);
}

export function placeOf(options: HomeOptions): Place {
  return { origin: new URL(connectionOf(options).url).origin, home: options.home };
}

/** What the coordinator says against it, as the command's own failure. */
export async function said<T>(asked: Promise<T>): Promise<T> {
  return await asked.catch((error: unknown) => {
    throw new CliError(EXIT.failure, "no-account", messageOf(error), "");
  });
}

function stateOf({ isThis, isConnected, isRevoked, lends, wish: { paused, share } }: DeviceInfo): string {
  if (isRevoked) return "taken off";
  const words = [isConnected ? "connected" : "not connected"];
  if (isThis) words.push("this machine");
  if (lends) words.push(`lends ${lends} %`);
  if (paused) words.push("paused");
  if (share < 90) words.push(`at most ${share} %`);
  return words.join(", ");
}
