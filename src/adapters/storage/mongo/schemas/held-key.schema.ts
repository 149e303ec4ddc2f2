import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

@Schema({ _id: false })
class HeldKeyHolder {
  /** Of its job and node. */
  @Prop({ type: String, required: true })
  readonly id!: string;

  @Prop({ type: String, required: true })
  readonly job!: string;

  @Prop({ type: String, required: true })
  readonly node!: string;

  @Prop({ type: String, required: true })
  readonly grant!: string;

  @Prop({ type: Number, required: true })
  readonly epoch!: number;
}

export type StoredHolder = Fields<HeldKeyHolder>;

/** A concurrency key with the nodes that hold it; one that nobody holds has no document. */
@Schema({ collection: 'held_keys', versionKey: false, autoIndex: false, autoCreate: false })
export class HeldKey {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  key!: string;

  /** In the order in which they came to hold it. */
  @Prop({ type: [SchemaFactory.createForClass(HeldKeyHolder)], required: true })
  holders!: StoredHolder[];
}

export type HeldKeyDocument = Fields<HeldKey>;

export const HeldKeySchema = SchemaFactory.createForClass(HeldKey);
HeldKeySchema.index({ tenant: 1, 'holders.job': 1 }, { name: 'job' });
