// The few lines on which all scalers are worked. A line of its own would cost each scaler twice the memory of its packed state;
// a line is filled for whoever asks for it, and is another's when it is needed elsewhere.
// Invariant: a line holds the state of its user alone, from the moment it is handed out until another is asked for.
import type { Line, LineState } from "../decision/index.ts";
import { newLine } from "./model.ts";
import type { ModelSettings } from "./plan.ts";

/** More than passes that go on at the same time: between the stages of a pass its line is seldom taken away. */
const MOST_LINES = 32;

/** Who works on a line. */
export interface LineUser {
  readonly settings: ModelSettings;
}

export interface WorkingLine {
  readonly line: Line;
  /** Room for a state of this line. */
  readonly room: LineState;
}

interface Place extends WorkingLine {
  readonly settingsKey: string;
}

export interface WorkingLines {
  /** The line that holds what its user left there; undefined if it was taken away or never given. */
  find(user: LineUser): Line | undefined;
  /** A line of the user's settings that holds anything, until another is asked for more often: fill it before use. */
  claim(user: LineUser): WorkingLine;
}

export function createWorkingLines(most = MOST_LINES): WorkingLines {
  // In the order of use, the least recent first.
  const places = new Map<LineUser, Place>();
  const leastRecent = (settingsKey?: string): [LineUser, Place] | undefined => {
    for (const entry of places) if (settingsKey === undefined || entry[1].settingsKey === settingsKey) return entry;
    return undefined;
  };
  const use = (user: LineUser, place: Place) => {
    places.delete(user);
    places.set(user, place);
    return place;
  };
  return {
    find(user) {
      const place = places.get(user);
      return place === undefined ? undefined : use(user, place).line;
    },
    claim(user) {
      const own = places.get(user);
      if (own !== undefined) return use(user, own);
      if (places.size < most) return use(user, placeFor(user));
      const settingsKey = JSON.stringify(user.settings);
      const [before, place] = leastRecent(settingsKey) ?? leastRecent() ?? [user, undefined];
      places.delete(before);
      return use(user, place?.settingsKey === settingsKey ? place : placeFor(user));
    },
  };
}

function placeFor({ settings }: LineUser): Place {
  const line = newLine(settings);
  return { line, room: line.exportState(), settingsKey: JSON.stringify(settings) };
}
