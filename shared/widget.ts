/** What the widget's frame is told by the coordinator, and what frame and host page say to each other. */

import type { BoxWord } from "./account/box.ts";

/** Written into the frame's document by the coordinator. */
export interface WidgetFacts {
  site: { origin: string; name: string };
  /** The job whose picture is shown; null when none runs. */
  job: WidgetJob | null;
  network: { name: string; operator: string; source: string };
  allowSoftware: boolean;
}

export interface WidgetJob {
  id: number;
  title: string;
  name: string;
  units: number;
  final: number;
}

/** Of a site, at the moment that it is asked for: whether its visitors may be asked, and the job to ask for. */
export interface WidgetNow {
  on: boolean;
  job: WidgetJob | null;
}

/** Name of the data block that holds the facts. */
export const FACTS_ID = "facts";

export const WIDGET_SIZES = { badge: { width: 216, height: 44 }, card: { width: 320, height: 288 } } as const;
export type WidgetSize = keyof typeof WIDGET_SIZES;

export function isWidgetSize(text: string): text is WidgetSize {
  return Object.hasOwn(WIDGET_SIZES, text);
}

/** The element's own style in what a site pastes: its room is kept before the loader came. */
function widgetStyle(size: WidgetSize): string {
  const { width, height } = WIDGET_SIZES[size];
  return `display:inline-block;width:${width}px;height:${height}px`;
}

/** What a site pastes into its pages. `coordinator`: its address, with or without a slash at the end; `site`: an origin. */
export function widgetSnippet(coordinator: string, site: string, size: WidgetSize = "card"): string {
  const base = coordinator.replace(/\/$/, "");
  const told = size === "card" ? "" : ` size="${size}"`;
  return `<script async src="${base}/widget.js"></script>\n<idlewave-widget site="${site}"${told} style="${widgetStyle(size)}"></idlewave-widget>`;
}

/** What a host page may be told of its visitor: no identity, no address, no key. */
export type WidgetState = "off" | "starting" | "running" | "paused" | "offline" | "stopped" | "unable";

/** From the frame to the page that shows it. */
export type FrameMessage =
  | { idlewave: "state"; state: WidgetState }
  /** Of this visitor on this site, since the page was opened. */
  | { idlewave: "credit"; units: number; verified: number }
  /** Is the page's thread free? It answers with the same value, at once. */
  | { idlewave: "alive?"; value: string }
  /** A badge wants to be a card, or a card a badge again. */
  | { idlewave: "size"; size: WidgetSize };

/** From the host page to the frame: colours, one by one. They reach what is seen after consent, never the consent. */
export interface HostMessage {
  idlewave: "colours";
  ground: string;
  ink: string;
}

/** From the host page to the frame: its thread was free after `value` was asked for. */
export interface HostAnswer {
  idlewave: "alive";
  value: string;
}

/** From the window of the coordinator's to the frame that opened it. */
export type WindowMessage = { idlewave: "consent"; dose: number; job: number } | { idlewave: "forget" };

/** Where a person joins a box to their account: a page of the coordinator's that the box opens. */
export const KEEPER_PATH = "/box";

/** From that page to the box that opened it: for which device its word is wanted. */
export interface KeeperMessage {
  idlewave: "keeper";
  /** Public key, 32 bytes. */
  key: Uint8Array;
}

/** From the box to that page; null: it has no key. */
export interface BoxMessage {
  idlewave: "box";
  word: BoxWord | null;
}
