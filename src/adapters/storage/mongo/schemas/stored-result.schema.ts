import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

/** A result of a node that may be used again. */
@Schema({ collection: 'cached_results', versionKey: false, autoIndex: false, autoCreate: false })
export class StoredResult {
  /** The hash of what it depends on. */
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String })
  key?: string;

  @Prop({ type: String, required: true })
  job!: string;

  @Prop({ type: String, required: true })
  node!: string;

  /** Epoch milliseconds. */
  @Prop({ type: Number, required: true })
  at!: number;

  /** Epoch milliseconds. */
  @Prop({ type: Number, required: true })
  expiresAt!: number;

  /** JSON. */
  @Prop({ type: String })
  output?: string;
}

export type StoredResultDocument = Fields<StoredResult>;

export const StoredResultSchema = SchemaFactory.createForClass(StoredResult);
StoredResultSchema.index({ tenant: 1, key: 1 }, { name: 'key' });
StoredResultSchema.index({ expiresAt: 1 }, { name: 'expiry' });
