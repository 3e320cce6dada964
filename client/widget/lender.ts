/** The frame's way to what lends: loaded at the first yes, once; when that fails, anew at the next try. */
import type { Lending, LendingOptions } from "./lending.ts";

/** Address of lending.ts as it was built. */
declare const LENDING: string;

export class Lender {
  private readonly options: () => LendingOptions;
  private loading: Promise<Lending> | null = null;
  /** What lends, once it is loaded. */
  lending: Lending | null = null;

  /** `options`: as they are when it is loaded. */
  constructor(options: () => LendingOptions) {
    this.options = options;
  }

  /** Rejects with what the browser says when it cannot be loaded. */
  load(): Promise<Lending> {
    this.loading ??= this.fetch().catch((fault: unknown) => {
      this.loading = null;
      throw fault;
    });
    return this.loading;
  }

  private async fetch(): Promise<Lending> {
    const module = (await import(LENDING)) as typeof import("./lending.ts");
    this.lending = new module.Lending(this.options());
    return this.lending;
  }
}
