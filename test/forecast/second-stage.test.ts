// The parts of expert 2 and of the second stage, each with something that it must notice.
import { describe, expect, it } from "vitest";
import { createFrame } from "../../src/forecast/frame.ts";
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import { createAgo, createLags, remember, resetLags, seekLags } from "../../src/forecast/regression/lags.ts";
import { correct, createLeastSquares, INPUT, resetLeastSquares, X } from "../../src/forecast/regression/least-squares.ts";
import { createProfile, DAY_SHAPE, FINE_SHAPE, learnProfile, seek, WEEK_SHAPE } from "../../src/forecast/regression/profile.ts";
import { createState } from "../../src/forecast/state.ts";
import { DAY_MS, MINUTE_MS, MONDAY_MS, traffic, uniform } from "./series.ts";

describe("recursive least squares", () => {
  it("finds the coefficients that made the data", () => {
    const squares = createLeastSquares(createState(), 3, 1e9);
    resetLeastSquares(squares);
    const next = uniform(5);
    const truth = [2, -1, 0.5];
    for (let t = 0; t < 4000; t++) {
      let e = 0.01 * (next() - 0.5);
      for (let i = 0; i < 3; i++) {
        const x = next() - 0.5;
        X[i] = x;
        e += x * ((truth[i] ?? NaN) - squares.B[i]!);
      }
      INPUT.miss = e;
      INPUT.kappa = 1e-4;
      correct(squares);
    }
    truth.forEach((b, i) => expect(squares.B[i]).toBeCloseTo(b, 1));
  });

  it("keeps what it believed of a coordinate that never shows, and stays finite", () => {
    const squares = createLeastSquares(createState(), 2, 50);
    squares.prior[1] = 0.6;
    resetLeastSquares(squares);
    for (let t = 0; t < 5000; t++) {
      X[0] = 1;
      X[1] = 0;
      INPUT.miss = 3 - squares.B[0]!;
      INPUT.kappa = 0.1;
      correct(squares);
    }
    expect(squares.B[0]).toBeCloseTo(3, 1);
    expect(squares.B[1]).toBeCloseTo(0.6, 6);
    expect(Math.max(...squares.P)).toBeLessThan(1e6);
  });
});

describe("a profile", () => {
  it("learns a wave by wall-clock time and reads it between its nodes", () => {
    const profile = createProfile(createState(), 5 * MINUTE_MS, DAY_SHAPE);
    const wave = (ms: number) => Math.sin((2 * Math.PI * ms) / DAY_MS);
    const readAt = (ms: number) => {
      seek(profile, ms);
      return profile.found.read;
    };
    for (let i = 0; i < 30 * 288; i++) {
      const ms = (i % 288) * 5 * MINUTE_MS;
      profile.found.error = wave(ms) - readAt(ms);
      learnProfile(profile);
      expect(profile.found.read).toBe(readAt(ms));
    }
    for (let ms = 0; ms < DAY_MS; ms += 7 * MINUTE_MS) expect(readAt(ms)).toBeCloseTo(wave(ms), 1);
  });

  it.each([5, 30, 60])("of nodes as long as a step of %i minutes gives every step a bin of its own", (minutes) => {
    const stepMs = minutes * MINUTE_MS;
    const shape = minutes === 5 ? FINE_SHAPE : minutes === 30 ? DAY_SHAPE : WEEK_SHAPE;
    const profile = createProfile(createState(), stepMs, shape);
    for (let ms = 0; ms < shape.periodMs; ms += stepMs) {
      seek(profile, ms);
      profile.found.error = (shape.caution + 1) * (ms / stepMs);
      learnProfile(profile);
    }
    for (let ms = 0; ms < shape.periodMs; ms += stepMs) {
      seek(profile, ms);
      expect(profile.found.read).toBeCloseTo(ms / stepMs, 4);
    }
  });
});

describe("lags", () => {
  it("find the three blocks around the same time on another day, only those that are present", () => {
    const lags = createLags(createState(), MINUTE_MS);
    resetLags(lags);
    const frame = createFrame();
    const ago = createAgo(createState());
    const block = 5 * MINUTE_MS;
    frame.targetDayLag = 1;
    frame.targetWeekLag = 7;
    for (let t = 0; t < DAY_MS; t += MINUTE_MS) {
      frame.local = MONDAY_MS + t;
      const isMissing = t >= 600 * MINUTE_MS && t < 605 * MINUTE_MS;
      frame.root = isMissing ? NaN : Math.floor(t / block);
      remember(lags, frame);
    }
    const lagAt = (minutes: number) => {
      frame.target = MONDAY_MS + DAY_MS + minutes * MINUTE_MS;
      seekLags(lags, frame, ago);
      return ago.dayAgo;
    };
    expect(lagAt(502)).toBe(100);
    expect(lagAt(600)).toBe(120);
    expect(lagAt(606)).toBe(121.5);
    expect(lagAt(-100)).toBeNaN();
    expect(ago.weekAgo).toBeNaN();
    frame.target = MONDAY_MS + 7 * DAY_MS + 502 * MINUTE_MS;
    seekLags(lags, frame, ago);
    expect(ago.weekAgo).toBe(100);
  });

  it("hold nothing for the time that the clock jumped over", () => {
    const lags = createLags(createState(), 5 * MINUTE_MS);
    const ago = createAgo(createState());
    resetLags(lags);
    const frame = createFrame();
    frame.targetDayLag = 1;
    frame.targetWeekLag = 7;
    for (let i = 0; i < 8 * 288; i++) {
      frame.local = MONDAY_MS + i * 5 * MINUTE_MS + (i >= 7 * 288 ? 60 * MINUTE_MS : 0);
      frame.root = i;
      remember(lags, frame);
    }
    frame.target = MONDAY_MS + 8 * DAY_MS + 30 * MINUTE_MS;
    seekLags(lags, frame, ago);
    expect(ago.dayAgo).toBeNaN();
  });
});

describe("the second stage", () => {
  it("sees a job that the experts smooth over: spikes at hours that no season explains", () => {
    const series = traffic({ days: 21, noise: 0.02, seed: 11 });
    // Every 100 minutes, 15 minutes long: no divisor of a day.
    const values = series.values.map((y, i) => (i % 20 < 3 ? y + 60 : y));
    const forecaster = createForecaster({ stepMs: series.stepMs, leadSteps: [4], day: true, week: true, localClock: createLocalClock("UTC") });
    forecaster.fit({ ...series, values });
    const said: { combination: number; forecast: number }[] = [];
    let combination = 0;
    let corrected = 0;
    values.forEach((y, i) => {
      const before = said[i - 4];
      if (i > 10 * 288 && before !== undefined) {
        combination += Math.abs(y - before.combination);
        corrected += Math.abs(y - before.forecast);
      }
      forecaster.observe(MONDAY_MS + i * series.stepMs, y);
      said.push(forecaster.explain(4));
    });
    expect(corrected).toBeLessThan(0.9 * combination);
  });
});
