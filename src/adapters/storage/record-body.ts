import type { CommitRequest } from '../../ports/job-journal.js';

/** What stores keep of a commit in one text, which few reads need. */
export type RecordBody = Pick<CommitRequest, 'events' | 'intents' | 'nodes'>;

/** `[events, intents, node projections]` as JSON. Never to be reordered: databases are written in it. */
export function encodeRecordBody({ events, intents, nodes }: RecordBody): string {
  return JSON.stringify([events, intents, nodes]);
}

export function decodeRecordBody(text: string): RecordBody {
  const [events, intents, nodes] = JSON.parse(text) as [
    RecordBody['events'],
    RecordBody['intents'],
    RecordBody['nodes'],
  ];
  return { events, intents, nodes };
}
