/** Signatures of statements: whose they are, whether they are good, and that the core hears of it. */
import { fromHex } from "../../shared/bytes.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, PublicKeyHex, StatementId } from "../../shared/ids.ts";
import { SIGN_WITHIN_MS, statementMessage } from "../../shared/statement.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Reply } from "../core/effects.ts";
import type { Store } from "../core/store.ts";
import { Verifier } from "../ed25519.ts";
import { SignPace } from "./pace.ts";
import { OpenStatements, Session } from "./session.ts";

export class Signing {
  private readonly coordinator: Pick<Coordinator, "dispatch" | "written">;
  private readonly store: Pick<Store, "unsignedStatement">;
  private readonly verifier = new Verifier();
  private readonly pace = new SignPace();
  private readonly statements: OpenStatements;

  private constructor(coordinator: Signing["coordinator"], store: Signing["store"], last: StatementId) {
    this.coordinator = coordinator;
    this.store = store;
    this.statements = new OpenStatements(last);
  }

  /** Once a store: numbers of statements go on where they were. */
  static async open(coordinator: Signing["coordinator"], store: Pick<Store, "unsignedStatement" | "lastStatement">): Promise<Signing> {
    return new Signing(coordinator, store, await store.lastStatement());
  }

  /** Of a connection whose running hash begins with `name`. */
  begin(name: Uint8Array): Session {
    return new Session(name, this.statements);
  }

  /**
   * Takes the signature of the statement that ends with this hash, this session's or one that an earlier connection of the
   * account has left. Throws `too-fast`, `unknown-statement` and `bad-statement`.
   */
  async sign(
    { account, publicKey, session }: { account: AccountId; publicKey: PublicKeyHex; session: Session },
    { hash, signature }: { hash: Uint8Array; signature: Uint8Array },
    now: number,
  ): Promise<Reply> {
    const retryMs = this.pace.take(account, now) || (this.verifier.isFull ? 1_000 : 0);
    if (retryMs > 0) throw new IdlewaveError("too-fast", { limit: "signatures", retrySeconds: Math.ceil(retryMs / 1000) });
    const statement = session.seal(hash) ?? (await this.left(account, hash, now));
    if (statement === undefined) throw new IdlewaveError("unknown-statement");
    if (!(await this.verifier.verifies(fromHex(publicKey), statementMessage(hash), signature))) throw new IdlewaveError("bad-statement");
    return await this.coordinator.dispatch({ type: "signed", account, statement, signature });
  }

  private async left(account: AccountId, hash: Uint8Array, now: number): Promise<StatementId | undefined> {
    // What its connection brought last may be on its way to the disk.
    await this.coordinator.written();
    const statement = await this.store.unsignedStatement(account, hash, now - SIGN_WITHIN_MS);
    return statement !== undefined && this.statements.has(statement) ? undefined : statement;
  }
}
