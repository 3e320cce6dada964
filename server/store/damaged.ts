/** The database holds what this program cannot have written: nothing may go on from it. */
export class DamagedDatabase extends Error {
  override readonly name: string = "DamagedDatabase";
}
