/** A line whose other end does not read: what is written to it waits in memory, so it is bounded. */

/** Bytes of one line that the network has not taken yet, each message with its upkeep. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
const MESSAGE_UPKEEP = 256;

/** The part of Engine.IO's socket that is used here: `packetCreate` for each message to be written, `drain` when all before it were taken. */
export interface Writing {
  on(event: "packetCreate", listener: (packet: { data?: unknown }) => void): void;
  on(event: "drain", listener: () => void): void;
}

/** Calls `shed` when more waits than may. What was handed to the network last, as much at most, is not counted. */
export function watchUnread(line: Writing, shed: () => void): void {
  let unread = 0;
  line.on("packetCreate", ({ data }) => {
    const bytes = typeof data === "string" ? data.length : data instanceof Uint8Array ? data.byteLength : 0;
    unread += bytes + MESSAGE_UPKEEP;
    if (unread > MAX_UNREAD_BYTES) shed();
  });
  line.on("drain", () => {
    unread = 0;
  });
}
