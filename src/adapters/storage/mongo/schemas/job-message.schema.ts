import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

/** A command for whoever drives a job, until its effect is committed; its id is the document's. */
@Schema({ collection: 'inbox', versionKey: false, autoIndex: false, autoCreate: false })
export class JobMessage {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  job!: string;

  /** Epoch milliseconds. */
  @Prop({ type: Number, required: true })
  at!: number;

  /** JSON. */
  @Prop({ type: String, required: true })
  command!: string;

  /** JSON; empty until somebody has answered. */
  @Prop({ type: String })
  answer!: string;
}

export type JobMessageDocument = Fields<JobMessage>;

export const JobMessageSchema = SchemaFactory.createForClass(JobMessage);
JobMessageSchema.index({ answer: 1, at: 1, _id: 1 }, { name: 'unanswered' });
