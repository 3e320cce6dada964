/** The host page's colours: two, each a colour, and only for what is seen once something is lent. */
import type { HostMessage } from "../../shared/widget.ts";

const COLOURS = { ground: "--host-ground", ink: "--host-ink" } as const;

export function takeColours(data: unknown): void {
  const message = data as Partial<HostMessage> | null;
  if (message?.idlewave !== "colours") return;
  for (const [name, property] of Object.entries(COLOURS) as [keyof typeof COLOURS, string][]) {
    const colour = message[name];
    if (typeof colour === "string" && colour.length < 64 && CSS.supports("color", colour) && !/var\(|url\(/i.test(colour)) {
      document.body.style.setProperty(property, colour);
    }
  }
}
