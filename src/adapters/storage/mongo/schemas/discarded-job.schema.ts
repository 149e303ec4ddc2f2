import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

/**
 * A job that retention has taken out. Its commits are bare keys by the time it is erased, which keep
 * late commits off, and go with this document when it is due again.
 */
@Schema({ collection: 'discarded_jobs', versionKey: false, autoIndex: false, autoCreate: false })
export class DiscardedJob {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  job!: string;

  /** The place it had in order of creation. */
  @Prop({ type: String })
  order?: string;

  /** Epoch milliseconds from which there is something to erase. */
  @Prop({ type: Number, required: true })
  due!: number;

  /** True when only bare keys of its commits are left. */
  @Prop({ type: Boolean, required: true })
  erased!: boolean;

  /** Commits, then nodes, that are done with: first emptied, and when it is due again deleted. */
  @Prop({ type: Number, required: true, min: 0 })
  done!: number;

  @Prop({ type: Number, required: true, min: 1 })
  versions!: number;

  @Prop({ type: Number, required: true, min: 0 })
  nodes!: number;
}

export type DiscardedJobDocument = Fields<DiscardedJob>;

export const DiscardedJobSchema = SchemaFactory.createForClass(DiscardedJob);
DiscardedJobSchema.index({ due: 1, _id: 1 }, { name: 'due' });
