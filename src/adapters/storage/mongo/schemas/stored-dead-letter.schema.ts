import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

/** A dead letter. What is left of one that was deleted keeps it from being derived once more. */
@Schema({ collection: 'dead_letters', versionKey: false, autoIndex: false, autoCreate: false })
export class StoredDeadLetter {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  owner!: string;

  @Prop({ type: String, required: true })
  job!: string;

  /** Of the node. */
  @Prop({ type: String, required: true })
  type!: string;

  @Prop({ type: String, required: true })
  errorClass!: string;

  /** Epoch milliseconds at which the node failed. */
  @Prop({ type: Number, required: true })
  at!: number;

  @Prop({ type: String, required: true })
  state!: 'open' | 'requeued' | 'deleted';

  /** JSON; absent once it is deleted. */
  @Prop({ type: String })
  info?: string;

  /** JSON. */
  @Prop({ type: String })
  config?: string;

  /** JSON. */
  @Prop({ type: String })
  requeue?: string;

  /** The job of the requeue. */
  @Prop({ type: String })
  requeuedAs?: string;

  /** Epoch milliseconds. */
  @Prop({ type: Number })
  deletedAt?: number;
}

export type StoredDeadLetterDocument = Fields<StoredDeadLetter>;

export const StoredDeadLetterSchema = SchemaFactory.createForClass(StoredDeadLetter);
StoredDeadLetterSchema.index({ tenant: 1, at: -1, _id: -1 }, { name: 'tenant' });
StoredDeadLetterSchema.index({ tenant: 1, owner: 1, at: -1, _id: -1 }, { name: 'owner' });
StoredDeadLetterSchema.index({ tenant: 1, job: 1, at: -1, _id: -1 }, { name: 'job' });
StoredDeadLetterSchema.index({ at: 1 }, { name: 'age' });
StoredDeadLetterSchema.index({ deletedAt: 1 }, { name: 'deleted', sparse: true });
