/** `pool new|list|invite|members|remove|off`: pools of an owner, and the links that others join them by. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Static } from "typebox";
import { counted } from "../../shared/counted.ts";
import { MemberListSchema, PoolLinkSchema, PoolListSchema } from "../../shared/pool-api.ts";
import { type Connection, posted, send, sendJson } from "./api.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionAs, type VerbOptions, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { printQr } from "./qr.ts";

interface InviteOptions extends VerbOptions {
  days?: number;
}

export function poolVerb(program: Command): void {
  const pool = program.command("pool").description("machines of people you know, which alone compute your private jobs");
  const days = () => new Option("--days <days>", "how long its link lets others join, 1 to 365; default 7").argParser(daysOf);

  verb(pool, "new <name>", "make a pool; prints the link that others join by, in a terminal as a QR code too")
    .alias("create")
    .addOption(days())
    .action(async (name: string, options: InviteOptions) => {
      const made = await asked(connectionAs("owner", options), "/api/pools", { name, ...daysIn(options) });
      tell(made, options);
      if (options.json) return;
      note(`A job is for it alone with "pool": ${made.id} in its job.json; with "verify": {"tier": "trusted"} each unit is computed once.`);
    });

  verb(pool, "list", "list your pools").action(async (options: VerbOptions) => {
    const { pools } = await sendJson(connectionAs("owner", options), "/api/pools", PoolListSchema);
    if (options.json) return printJson({ pools });
    for (const { id, name, members, connected, inviteUntil, offAt } of pools) {
      const state = offAt
        ? `off since ${offAt}`
        : `${counted(members, "member")}, ${connected} connected; its link is good until ${inviteUntil}`;
      print(`${String(id).padStart(4)}  ${name.padEnd(24)}  ${state}`);
    }
  });

  verb(pool, "invite <id>", "a new link; the one before is good no more, and a pool that is off is on again")
    .addOption(days())
    .action(async (id: string, options: InviteOptions) => {
      tell(await asked(connectionAs("owner", options), `/api/pools/${numberOf(id)}/invite`, daysIn(options)), options);
    });

  verb(pool, "members <id>", "list who is or was a member").action(async (id: string, options: VerbOptions) => {
    const { members } = await sendJson(connectionAs("owner", options), `/api/pools/${numberOf(id)}/members`, MemberListSchema);
    if (options.json) return printJson({ members });
    for (const { id: member, joinedAt, leftAt, connected, units } of members) {
      const state = leftAt ? `left ${leftAt}` : connected ? "connected" : "not connected";
      print(`${member}  since ${joinedAt}  ${state.padEnd(14)}  ${counted(units.final, "unit")} of ${units.submitted} verified`);
    }
  });

  verb(pool, "remove <id> <member>", "remove a member, by its name in members").action(
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
  note(`Pool ${made.id} is ${made.name}. Until ${made.until} whoever opens this link can join; it is not shown again.`);
  print(made.link);
  printQr(made.link);
  note(`On a machine without a browser: ${invocation(`donate --join ${made.link}`)}`);
}

function daysIn({ days }: InviteOptions): { days?: number } {
  return days === undefined ? {} : { days };
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
