/** `pool new|list|invite|revoke|members|remove|off`: pools of an owner, and the links that others join them by. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Static } from "typebox";
import { counted } from "../../shared/counted.ts";
import { MemberListSchema, PoolLinkSchema, PoolListSchema } from "../../shared/pool-api.ts";
import { isLoopback } from "../access/machine.ts";
import { type Connection, posted, send, sendJson } from "./api.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionAs, type VerbOptions, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { printQr } from "./qr.ts";

interface InviteOptions extends VerbOptions {
  days?: number;
  uses?: number;
}

export function poolVerb(program: Command): void {
  const pool = program.command("pool").description("machines of people you know, which alone compute your private jobs");
  const days = () => new Option("--days <days>", "how long its link lets others join, 1 to 365; default 7").argParser(daysOf);

  const uses = () =>
    new Option("--uses <count>", "how many machines its link lets join, 1 to 1000; default as many as come").argParser(usesOf);

  verb(pool, "new <name>", "make a pool; prints the link that others join by, in a terminal as a QR code too")
    .alias("create")
    .addOption(days())
    .addOption(uses())
    .action(async (name: string, options: InviteOptions) => {
      const made = await asked(connectionAs("owner", options), "/api/pools", { name, ...termsIn(options) });
      tell(made, options);
      if (options.json) return;
      note(`A job is for it alone with "pool": ${made.id} in its job.json; with "verify": {"tier": "trusted"} each unit is computed once.`);
    });

  verb(pool, "list", "list your pools").action(async (options: VerbOptions) => {
    const { pools } = await sendJson(connectionAs("owner", options), "/api/pools", PoolListSchema);
    if (options.json) return printJson({ pools });
    for (const { id, name, members, connected, inviteUntil, inviteUses, offAt } of pools) {
      const state = offAt
        ? `off since ${offAt}`
        : `${counted(members, "member")}, ${connected} connected; ${linkWords({ until: inviteUntil, uses: inviteUses })}`;
      print(`${String(id).padStart(4)}  ${name.padEnd(24)}  ${state}`);
    }
  });

  verb(pool, "invite <id>", "a new link; the one before is good no more, and a pool that is off is on again")
    .addOption(days())
    .addOption(uses())
    .action(async (id: string, options: InviteOptions) => {
      tell(await asked(connectionAs("owner", options), `/api/pools/${numberOf(id)}/invite`, termsIn(options)), options);
    });

  verb(pool, "revoke <id>", "take its link back: nobody joins by it any more, and members stay").action(
    async (id: string, options: VerbOptions) => {
      await send(connectionAs("owner", options), `/api/pools/${numberOf(id)}/invite`, { method: "DELETE" });
      if (options.json) printJson({ revoked: Number(id) });
      else note(`The link of pool ${id} joins nobody any more. ${invocation(`pool invite ${id}`)} makes a new one.`);
    },
  );

  verb(pool, "members <id>", "list who is or was a member").action(async (id: string, options: VerbOptions) => {
    const { members } = await sendJson(connectionAs("owner", options), `/api/pools/${numberOf(id)}/members`, MemberListSchema);
    if (options.json) return printJson({ members });
    const width = Math.max(...members.map(({ name }) => name.length), 0);
    for (const { id: member, name, joinedAt, leftAt, connected, units } of members) {
      const state = leftAt ? `left ${leftAt}` : connected ? "connected" : "not connected";
      print(
        `${member}  ${name.padEnd(width)}  since ${joinedAt}  ${state.padEnd(14)}  ${counted(units.final, "unit")} of ${units.submitted} verified`,
      );
    }
  });

  verb(pool, "remove <id> <member>", "remove a member, by its key in members").action(
    async (id: string, member: string, options: VerbOptions) => {
      await send(connectionAs("owner", options), `/api/pools/${numberOf(id)}/members/${encodeURIComponent(member)}`, { method: "DELETE" });
      if (options.json) printJson({ removed: member });
      else note(`${member} is no member any more. Whoever has the link can join again: ${invocation(`pool invite ${id}`)} replaces it.`);
    },
  );

  verb(pool, "off <id>", "switch a pool off: its members are none any more, and its jobs pause").action(
    async (id: string, options: VerbOptions) => {
      await send(connectionAs("owner", options), `/api/pools/${numberOf(id)}`, { method: "DELETE" });
      if (options.json) printJson({ off: Number(id) });
      else note(`Pool ${id} is off. ${invocation(`pool invite ${id}`)} switches it on again, without members.`);
    },
  );
}

function asked(connection: Connection, path: string, body: object): Promise<Static<typeof PoolLinkSchema>> {
  return sendJson(connection, path, PoolLinkSchema, posted(body));
}

function tell(made: Static<typeof PoolLinkSchema>, options: VerbOptions): void {
  if (options.json) {
    printJson(made);
    return;
  }
  const many = made.uses === null ? "whoever opens this link can join" : `${counted(made.uses, "machine")} can join by this link`;
  note(`Pool ${made.id} is ${made.name}. Until ${made.until} ${many}; it is not shown again.`);
  print(made.link);
  printQr(made.link);
  if (isLoopback(new URL(made.link).hostname)) {
    note(
      `No other machine can open this link: its address means the machine that opens it. To reach others start the coordinator with ${invocation("serve --host 0.0.0.0 --tls")}, then ${invocation(`pool invite ${made.id}`)} makes one for them.`,
    );
  }
  note(`On a machine without a browser, in the folder of Idlewave's sources: ${invocation(`donate --join ${made.link}`)}`);
}

function linkWords({ until, uses }: { until: string; uses: number | null }): string {
  if (until === "") return "it has no link";
  return `its link is good until ${until}${uses === null ? "" : ` for ${counted(uses, "machine")} more`}`;
}

function termsIn({ days, uses }: InviteOptions): { days?: number; uses?: number } {
  return { ...(days === undefined ? {} : { days }), ...(uses === undefined ? {} : { uses }) };
}

function usesOf(text: string): number {
  const uses = Number(text);
  if (!Number.isInteger(uses) || uses < 1 || uses > 1000) throw new InvalidArgumentError("It is a number of machines, 1 to 1000.");
  return uses;
}

function daysOf(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 365) throw new InvalidArgumentError("It is a number of days, 1 to 365.");
  return days;
}

function numberOf(id: string): string {
  if (/^[1-9]\d{0,8}$/.test(id)) return id;
  throw new CliError(EXIT.usage, "usage", `${id} is no pool's number.`, `${invocation("pool list")} shows them.`);
}
