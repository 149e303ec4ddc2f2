import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

/** A process that drives jobs of this database; its id is the document's. */
@Schema({ collection: 'instances', versionKey: false, autoIndex: false, autoCreate: false })
export class BatonInstance {
  @Prop({ type: String, required: true })
  _id!: string;

  /** Raised by every sign of life, until it is dead. */
  @Prop({ type: Number, required: true, min: 0 })
  beats!: number;

  @Prop({ type: Boolean, required: true })
  dead!: boolean;

  @Prop({ type: String, required: true })
  host!: string;

  @Prop({ type: Number, required: true })
  pid!: number;

  /** Epoch milliseconds. */
  @Prop({ type: Number, required: true })
  startedAt!: number;
}

export type BatonInstanceDocument = Fields<BatonInstance>;

export const BatonInstanceSchema = SchemaFactory.createForClass(BatonInstance);
