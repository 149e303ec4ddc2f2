import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** Says that node documents were written for a job before it was created. */
@Schema({ collection: 'staged_jobs', versionKey: false, autoIndex: false, autoCreate: false })
export class StagedJob {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  tenant!: string;

  @Prop({ type: String, required: true })
  job!: string;

  /** Epoch milliseconds. */
  @Prop({ type: Number, required: true })
  at!: number;
}


export const StagedJobSchema = SchemaFactory.createForClass(StagedJob);
StagedJobSchema.index({ at: 1 }, { name: 'at' });
