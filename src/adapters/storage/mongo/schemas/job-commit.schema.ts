import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

/**
 * The journal: one document a commit, which holds all of it, so that it is there whole or not at all.
 * `_id` is made of tenant, job and version and is what fences a stale owner off.
 */
@Schema({ collection: 'commits', versionKey: false, autoIndex: false, autoCreate: false })
export class JobCommit {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  job!: string;

  @Prop({ type: Number, required: true, min: 1 })
  version!: number;

  @Prop({ type: String, required: true })
  commitId!: string;

  @Prop({ type: Number, required: true })
  at!: number;

  /** JSON. */
  @Prop({ type: String })
  progress?: string;

  /** JSON: `[events, intents, node projections]`. Absent when it is in parts, or swept. */
  @Prop({ type: String })
  body?: string;

  /** How many documents of `commit_parts` hold the body. */
  @Prop({ type: Number })
  parts?: number;

  /** Present until the projections show this commit. */
  @Prop({ type: Boolean })
  pending?: true;

  /** Version 1 only: JSON. */
  @Prop({ type: String })
  header?: string;

  /** Version 1 only: the job's place in order of creation. */
  @Prop({ type: String })
  order?: string;

  /** Version 1 only: the definition of a small job, JSON. */
  @Prop({ type: String })
  definition?: string;

  /** Version 1 only: the claimed idempotency key, with its tenant and owner. */
  @Prop({ type: String })
  claim?: string;

  @Prop({ type: String })
  bodyHash?: string;

  /** In place of version 1: the staged definition was swept, and the job can never be created. */
  @Prop({ type: Boolean })
  swept?: true;
}

export type JobCommitDocument = Fields<JobCommit>;

export const JobCommitSchema = SchemaFactory.createForClass(JobCommit);
JobCommitSchema.index({ claim: 1 }, { name: 'claim', unique: true, sparse: true });
JobCommitSchema.index({ pending: 1 }, { name: 'pending', sparse: true });
