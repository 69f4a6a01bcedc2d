// What the service answers (docs/http-api.md), and how it is asked.

export interface Item {
  id: string;
  title: string;
  listeners: number;
  place?: [number, number];
  cluster?: number;
}
export interface Reason {
  id: string;
  title: string;
  part: number;
}
export interface Scored extends Item {
  score: number;
  reasons?: Reason[];
}
export interface Played extends Item {
  value: number;
}
export interface Recall {
  at_10: number;
  at_20: number;
  sample: number;
}
export interface Similar {
  index: string;
  recall?: Recall;
  item: Item;
  results: Scored[];
}
export interface Recommended {
  method: 'factors' | 'fold_in' | 'history' | 'popularity';
  note?: string;
  results: Scored[];
}
export interface User {
  user: string;
  items: number;
  history: Played[];
}
export interface OtherUser {
  id: string;
  items: number;
  score: number;
}
export interface MapCard {
  points: number;
  trustworthiness: number;
  neighbors: number;
  epochs: number;
  clusters: { cluster: number; items: number; x: number; y: number; top: Item[] }[];
}
export interface Measured {
  model: string;
  metric: string; // "ndcg@10"
  mean: number;
  low: number;
  high: number;
}
export interface Model {
  model: string;
  kind: string;
  users: number;
  items: number;
  interactions: number;
  factors: number;
  created: string;
  note: string;
  source: string;
  segue_version: string;
  settings: Record<string, string>; // by option
  fit_seconds: number;
  threads: number;
  simd_target: string;
  loss: number[];
  similar: { index: string; recall?: Recall };
  indexes: string[];
  evaluation?: { split: string; train: number; test: number; users: number; figures: Measured[] };
  map?: { trustworthiness: number; sample: number; neighbors: number; epochs: number; clusters: number };
}

/** What was wrong, in the server's words, and how to mend it. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly fix: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function answered(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Refused('The server does not answer.', 'Is segue serve still running? Then load this page again.', 0);
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(problem.detail ?? `The server answered ${answer.status}.`, problem.fix ?? '', answer.status);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await answered(path, { signal })).json();
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers = { 'Content-Type': 'application/json' };
  return (await answered(path, { method: 'POST', headers, body: JSON.stringify(body), signal })).json();
}

export async function bytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await answered(path, { signal })).arrayBuffer();
}

/** Whether the model tells reasons for what it recommends: als alone does. */
export async function tellsReasons(signal?: AbortSignal): Promise<boolean> {
  return (await get<Model>('/v1/model', signal)).kind === 'als';
}

/** Whether the model has a map of its items, or one can be made: it takes factors. */
export const mayHaveMap = (model: Model) => model.map !== undefined || model.factors > 0;

/** An id as one part of a path. */
export const part = encodeURIComponent;
