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

  /** Each is closed once, one after the other, the latest first, whatever others throw. Rejects with what the first that fails throws. */
  async close(): Promise<void> {
    const thrown: unknown[] = [];
    for (const part of this.parts.splice(0).reverse()) {
      try {
        await part.close();
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0) throw thrown[0];
  }
}
