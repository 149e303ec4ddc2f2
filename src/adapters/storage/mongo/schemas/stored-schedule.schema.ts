import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Fields } from './fields.js';

/** A schedule with its state, in one document: it is changed by whoever saw its version. */
@Schema({ collection: 'schedules', versionKey: false, autoIndex: false, autoCreate: false })
export class StoredSchedule {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  owner!: string;

  @Prop({ type: String, required: true })
  name!: string;

  /** Of this schedule and none of its name before or after it. */
  @Prop({ type: String, required: true })
  schedule!: string;

  @Prop({ type: Number, required: true, min: 1 })
  version!: number;

  /** Epoch milliseconds; absent where nothing is ever due. */
  @Prop({ type: Number })
  wakeAt?: number;

  /** JSON. */
  @Prop({ type: String, required: true })
  body!: string;
}

export type StoredScheduleDocument = Fields<StoredSchedule>;

export const StoredScheduleSchema = SchemaFactory.createForClass(StoredSchedule);
StoredScheduleSchema.index({ tenant: 1, owner: 1, name: 1 }, { name: 'name' });
StoredScheduleSchema.index({ wakeAt: 1 }, { name: 'waking' });
