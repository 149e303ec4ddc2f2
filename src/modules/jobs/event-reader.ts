import { Injectable } from '@nestjs/common';
import { jsonBytes } from '../../core/graph/json-size.js';
import type { Principal } from '../../platform/auth/index.js';
import type { JobJournal } from '../../ports/job-journal.js';
import { Use } from '../dependencies.js';
import type { EventListResponse, EventResponse } from './dto/node-responses.js';
import type { ListEventsQuery } from './dto/queries.js';
import { JobReader } from './job-reader.js';
import { showEvents } from './node-views.js';
import type { Answer } from '../answer.js';

/** Bytes of events after which an answer ends. Each may carry an output of 256 KiB. */
const ANSWER_BYTES = 1024 * 1024;
/** Versions in one read of the journal: few at first, since nobody knows how large they are. */
const FIRST_READ = 4;
const LARGEST_READ = 64;

/** Reads what was committed about a job. */
@Injectable()
export class EventReader {
  constructor(
    private readonly jobs: JobReader,
    @Use('journal') private readonly journal: JobJournal,
  ) {}

  /** Whole versions, until there are `limit` of them or they fill an answer. */
  async list(
    principal: Principal,
    jobId: string,
    { after, limit }: ListEventsQuery,
  ): Promise<Answer<EventListResponse>> {
    const job = await this.jobs.find(principal, jobId);
    const events: Answer<EventResponse>[] = [];
    let last = after;
    let bytes = 0;
    let versions = 0;
    let wanted = FIRST_READ;
    while (versions < limit && bytes < ANSWER_BYTES) {
      const asked = Math.min(wanted, limit - versions);
      const records = await this.journal.read(job.header, last, asked);
      for (const record of records) {
        events.push(...showEvents(record));
        bytes += jsonBytes(record.events, ANSWER_BYTES);
        last = record.version;
        versions += 1;
        if (bytes >= ANSWER_BYTES) break;
      }
      if (records.length < asked) break;
      const mean = bytes / versions;
      wanted = Math.max(1, Math.min(LARGEST_READ, Math.floor((ANSWER_BYTES - bytes) / mean)));
    }
    const more = versions > 0 && last < job.progress.version;
    return { events, ...(more ? { next_after: last } : {}) };
  }
}
