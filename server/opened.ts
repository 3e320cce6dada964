interface Closable {
  close(): unknown;
}

/** What was opened, to be closed in the other order. */
export class Opened {
  private readonly parts: Closable[] = [];

  add<Part extends Closable>(part: Part): Part {
    this.parts.push(part);
    return part;
  }

  /** Each is closed once, one after the other, the latest first. Rejects with what the first that fails throws. */
  async close(): Promise<void> {
    for (const part of this.parts.splice(0).reverse()) await part.close();
  }
}
