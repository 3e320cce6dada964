/** The arguments of `donate` as they are typed. Each throws `InvalidArgumentError`. */
import { InvalidArgumentError } from "commander";
import { type Hours, hoursOf } from "../../client/donor/manners/wishes.ts";
import { hiddenIn, showsSomething } from "../../shared/plain.ts";
import { JOIN_PATH, type JoinLink, MAX_MACHINE_NAME, readJoinLink } from "../../shared/pool.ts";

export function hoursArgument(text: string): Hours {
  const [from = "", to = ""] = text.split("-");
  const hours = hoursOf(from, to);
  if (!hours) throw new InvalidArgumentError("It is two times of the day, as 22:00-07:00.");
  return hours;
}

export function joinArgument(text: string): JoinLink {
  const link = readJoinLink(text);
  if ("why" in link)
    throw new InvalidArgumentError(`${link.why} A link to join ends in ${JOIN_PATH}# and what was behind it; quote all of it.`);
  return link;
}

export function nameArgument(text: string): string {
  const hidden = hiddenIn(text);
  if (hidden) throw new InvalidArgumentError(`It has ${hidden.name}, which is not seen.`);
  if (!showsSomething(text) || text.length > MAX_MACHINE_NAME)
    throw new InvalidArgumentError(`It is a name of 1 to ${MAX_MACHINE_NAME} characters, with a letter, a number or a sign.`);
  return text.trim();
}

export function poolArgument(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It is the number of a pool.");
  return Number(text);
}

export function megabytesOf(text: string): number {
  const megabytes = Number(text);
  if (!(megabytes > 0)) throw new InvalidArgumentError("It is a number of megabytes, as 512.");
  return megabytes;
}

export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) throw new InvalidArgumentError("It is a number of seconds, up to 86400.");
  return seconds;
}
