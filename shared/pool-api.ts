/** What the HTTP API answers of pools. */
import Type, { type Static } from "typebox";

/** Who asks, before anybody has said yes. */
export const InvitedSchema = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  owner: Type.String({ description: "Name of its owner's token." }),
});
export type InvitedPool = Static<typeof InvitedSchema>;

const Uses = Type.Union([Type.Integer(), Type.Null()], { description: "How many more its link lets join; null: as many as come." });

export const PoolSchema = Type.Object({
  ...InvitedSchema.properties,
  createdAt: Type.String({ description: "ISO 8601." }),
  offAt: Type.String({ description: "Empty while it is on." }),
  inviteUntil: Type.String({ description: "Until when its link lets somebody join; empty when there is none." }),
  inviteUses: Uses,
  members: Type.Integer(),
  connected: Type.Integer({ description: "Members whose hosts serve it now." }),
});
export type PoolInfo = Static<typeof PoolSchema>;
export const PoolListSchema = Type.Object({ pools: Type.Array(PoolSchema) });

export const PoolLinkSchema = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  link: Type.String({ description: "Told once; only a hash of it is kept." }),
  until: Type.String({ description: "When it expires, ISO 8601." }),
  uses: Uses,
});

const MemberSchema = Type.Object({
  id: Type.String({ description: "First 12 hexadecimal digits of the account's key." }),
  name: Type.String({ description: "What its person calls the machine; empty: nothing." }),
  joinedAt: Type.String(),
  leftAt: Type.String({ description: "Empty while it is a member." }),
  connected: Type.Boolean({ description: "A host of it serves the pool now." }),
  units: Type.Object({ submitted: Type.Integer(), final: Type.Integer(), refused: Type.Integer() }, { description: "Of the pool's jobs." }),
});
export const MemberListSchema = Type.Object({ members: Type.Array(MemberSchema) });
export type Member = Static<typeof MemberSchema>;
