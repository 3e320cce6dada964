/** The text of a statement for so many rows, made once a size: building it anew would cost more than running it. */
export class RowText {
  private readonly row: string;
  private readonly of: (rows: string) => string;
  private readonly made = new Map<number, string>();

  /** `row`: placeholders of one row; `of`: the statement around all of them. */
  constructor(row: string, of: (rows: string) => string) {
    this.row = row;
    this.of = of;
  }

  for(rows: number): string {
    let text = this.made.get(rows);
    if (!text) {
      text = this.of(Array(rows).fill(this.row).join());
      this.made.set(rows, text);
    }
    return text;
  }
}
